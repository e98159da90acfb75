/** What the list of all cases is asked with, kept in the address, so that a link shows the same. */

import type { LocationQuery, LocationQueryRaw } from 'vue-router'

import { i18n } from '@/shared/i18n'
import { useMe } from '@/shared/me'

export const ENDED = ['closed', 'rejected', 'merged']
export const STATES = ['reported', 'checking', 'filed', 'dispatched', 'returned', 'handling', 'handled', 'verifying', 'verified', 'suspended', ...ENDED]
export const CHANNELS = ['machine', 'hand', 'collector', 'hotline']

export interface Wanted {
  text: string
  /** '': any; 'ended'; or one of `STATES`. */
  state: string
  category: string
  responsible: string
  rule: string
  subject: string
  grid: string
  channel: string
  severity: number
  /** Days of the city, 2026-03-01; '' for none. */
  since: string
  until: string
}

export const NOTHING: Wanted = { text: '', state: 'ended', category: '', responsible: '', rule: '', subject: '', grid: '', channel: '', severity: 0, since: '', until: '' }

export function ofQuery(query: LocationQuery): Wanted {
  const wanted: Wanted = { ...NOTHING }
  for (const key of Object.keys(NOTHING) as (keyof Wanted)[]) {
    const value = query[key]
    if (typeof value !== 'string') continue
    if (key === 'severity') wanted.severity = Math.min(Math.max(Number(value) || 0, 0), 4)
    else wanted[key] = value
  }
  return wanted
}

export function toQuery(wanted: Wanted): LocationQueryRaw {
  const some = Object.entries(wanted).filter(([key, value]) => value !== NOTHING[key as keyof Wanted])
  return Object.fromEntries(some.map(([key, value]) => [key, String(value)]))
}

/** The beginning of a day in the city, as ISO 8601 with its offset. days: that many later. */
export function beginning(day: string, days = 0): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined
  const noon = Date.parse(`${day}T12:00:00Z`) + days * 86_400_000
  if (Number.isNaN(noon)) return undefined
  const parts = new Intl.DateTimeFormat('en', { timeZone: useMe().zone, timeZoneName: 'longOffset' }).formatToParts(noon)
  const offset = parts.find((each) => each.type === 'timeZoneName')?.value.replace('GMT', '') || '+00:00'
  return `${new Date(noon).toISOString().slice(0, 10)}T00:00:00${offset}`
}

/** As the API is asked. */
export function toApi(wanted: Wanted): Record<string, string | number | boolean | string[] | undefined> {
  const { text, state, category, responsible, rule, subject, grid, channel, severity } = wanted
  return {
    text, category: category || undefined, responsible: responsible || undefined, rule: rule || undefined, subject: subject || undefined,
    grid: grid || undefined, channel: channel || undefined, severity: severity || undefined,
    state: state === 'ended' ? ENDED : state ? [state] : undefined,
    since: beginning(wanted.since), until: beginning(wanted.until, 1),
  }
}

export const csvLanguage = (): string => i18n.global.locale.value
