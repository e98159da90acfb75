/** Which cases belong to a list: as the store says it, for what comes between two questions. */

import type { ListedCase, Wanted } from './types'

const ENDED = new Set(['closed', 'rejected', 'merged'])
export const isActive = (one: { state: string; withdrawn?: unknown }): boolean => !ENDED.has(one.state) && one.withdrawn !== true

/** Whether a case fits a filter, as far as its row tells. */
export function fits(one: ListedCase, wanted: Wanted, me: { name: string; unit: string }): boolean {
  const oneOf = (values: string[], value: string): boolean => values.length === 0 || values.includes(value)
  const codes = wanted.category
  return (
    isActive(one) &&
    oneOf(wanted.state, one.state) &&
    oneOf(wanted.responsible, one.responsible) &&
    oneOf(wanted.deadline, one.deadline) &&
    (codes.length === 0 || codes.some((code) => (code.endsWith('*') ? one.category.startsWith(code.slice(0, -1)) : one.category === code))) &&
    one.severity >= wanted.severity &&
    (wanted.storm === '' || (wanted.storm === '*' ? one.storm !== null : one.storm === wanted.storm)) &&
    (!wanted.mine || [one.responsible, one.officer, ...(one.helpers ?? [])].some((each) => each !== '' && (each === me.name || each === me.unit))) &&
    has(one, wanted.text)
  )
}

function has(one: ListedCase, text: string): boolean {
  const wanted = text.trim().toLowerCase()
  return wanted === '' || [one.number, one.subject, one.text, one.place, one.address].some((each) => each.toLowerCase().includes(wanted))
}
