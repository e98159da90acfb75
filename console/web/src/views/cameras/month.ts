/** How a camera was, a row a day of the city's: what was heard is drawn, what was not stays open. */

import { moment, written } from '@/views/registers/zoned'

import type { Change, State } from './types'

export interface Piece { from: number; until: number; state: State; reason: string; left: number; width: number }
/** day: YYYY-MM-DD. left, width: shares of that day. */
export interface Row { day: string; start: number; pieces: Piece[] }

const next = (day: string): string => new Date(Date.parse(`${day}T12:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
const midnight = (day: string, zone: string): number => Date.parse(moment(`${day} 00:00`, zone) ?? `${day}T00:00:00Z`)

function stretches(changes: readonly Change[], since: number, now: number): { from: number; until: number; state: State; reason: string }[] {
  return changes
    .map((each) => ({ from: Math.max(Date.parse(each.at), since), until: Math.min(each.until === null ? now : Date.parse(each.until), now), state: each.state, reason: each.reason }))
    .filter((each) => each.until > each.from)
}

/** The newest day first. since, now: ISO 8601. */
export function daysOf(changes: readonly Change[], since: string, now: string, zone: string): Row[] {
  const end = Date.parse(now)
  const known = stretches(changes, Date.parse(since), end)
  const rows: Row[] = []
  for (let day = written(since, zone).slice(0, 10); midnight(day, zone) < end; day = next(day)) {
    const [start, stop] = [midnight(day, zone), midnight(next(day), zone)]
    const pieces = known.filter((each) => each.until > start && each.from < stop).map((each) => {
      const [from, until] = [Math.max(each.from, start), Math.min(each.until, stop)]
      return { ...each, from, until, left: (from - start) / (stop - start), width: (until - from) / (stop - start) }
    })
    rows.push({ day, start, pieces })
  }
  return rows.reverse()
}

/** Seconds by state, the longest first; `unknown` is what nobody heard. */
export function totals(changes: readonly Change[], since: string, now: string): { state: State; seconds: number; share: number }[] {
  const [begin, end] = [Date.parse(since), Date.parse(now)]
  const found = new Map<State, number>()
  let left = (end - begin) / 1000
  for (const { state, from, until } of stretches(changes, begin, end)) {
    found.set(state, (found.get(state) ?? 0) + (until - from) / 1000)
    left -= (until - from) / 1000
  }
  if (left >= 1) found.set('unknown', (found.get('unknown') ?? 0) + left)
  const all = (end - begin) / 1000
  return [...found].map(([state, seconds]) => ({ state, seconds, share: seconds / all })).sort((a, b) => b.seconds - a.seconds)
}
