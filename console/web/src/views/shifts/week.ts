/** Weeks of days as text, YYYY-MM-DD, and which days a shift touches; all in the city's zone, which times come in. */

import type { Shift } from './types'

const DAY = 86_400_000

export function plus(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10)
}
export function monday(day: string): string {
  return plus(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7))
}
export const weekOf = (day: string): string[] => [...Array(7).keys()].map((n) => plus(monday(day), n))

/** The clock of an ISO time as the city shows it: 08:00. */
export const clockOf = (iso: string): string => iso.slice(11, 16)
export const dayOf = (iso: string): string => iso.slice(0, 10)

/** Those that begin on the day, or go on from the one before. */
export function ofDay(shifts: readonly Shift[], day: string): { shift: Shift; from: string; to: string }[] {
  return shifts
    .filter((each) => dayOf(each.start) <= day && (dayOf(each.end) > day || (dayOf(each.end) === day && clockOf(each.end) > '00:00')))
    .map((shift) => ({
      shift,
      from: dayOf(shift.start) === day ? clockOf(shift.start) : '00:00',
      to: dayOf(shift.end) === day ? clockOf(shift.end) : '24:00',
    }))
}
