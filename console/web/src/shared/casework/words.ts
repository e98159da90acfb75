/** What states, actions, severities and deadlines of cases are called, in both languages: `t('casework.…')`. */

import { i18n } from '@/shared/i18n'
import { ago } from '@/shared/times'

import { unitWord } from './units'

const { t, te } = i18n.global

const word = (key: string, otherwise: string): string => (te(key) || te(key, 'en') ? t(key) : otherwise.replaceAll('_', ' '))

export const stateWord = (state: string): string => word(`casework.states.${state}`, state)
export const actionWord = (action: string): string => word(`casework.actions.${action}`, action)
export const severityWord = (severity: number): string => t(`casework.severity[${Math.min(Math.max(severity, 0), 4)}]`)
/** 'confirmed', 'false alarm' … as they are called. */
export const verdictWord = (verdict: string): string => word(`casework.verdicts.${verdict}`, verdict)
/** What approvals are asked for. */
export const askWord = (what: string): string => word(`casework.asks.${what}`, what)

/** The newest change of a case, as the server says it where somebody was quicker. */
export interface Last { by: string; event: string; at: string; ago: number; said: string }

/** "wang-li filed it 4 s ago". */
export function lastWords(last: Last): string {
  const when = ago(last.at)
  if (last.by) return t('casework.quicker', { who: unitWord(last.by), did: word(`casework.did.${last.event}`, last.event), ago: when })
  return t('casework.changed', { came: word(`casework.came.${last.event}`, last.event), ago: when })
}
