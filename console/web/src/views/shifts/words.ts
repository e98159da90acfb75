/** Roles as they are called, and where a device's kind or a trouble has a word. */

import { i18n } from '@/shared/i18n'

const { t, te } = i18n.global
const word = (key: string, otherwise: string): string => (te(key) || te(key, 'en') ? t(key) : otherwise)

export const roleWord = (role: string): string => (role ? word(`shifts.roles.${role}`, role) : '')
export const kindWord = (kind: string): string => word(`shifts.kinds.${kind}`, kind)
export const troubleWord = (what: string): string => word(`shifts.troubles.${what}`, what)
export const asideWord = (kind: string): string => word(`shifts.asides.${kind}`, kind)
