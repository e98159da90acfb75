import { describe, expect, it } from 'vitest'

import type { Shift } from './types'
import { monday, ofDay, plus, weekOf } from './week'

const shift = (start: string, end: string): Shift => ({ id: start, person: 'a', role: '', unit: '', grids: [], start, end, note: '', by: '', now: false })

it('a week begins on its Monday, also over the end of a year', () => {
  expect(monday('2026-01-01')).toBe('2025-12-29')
  expect(monday('2026-05-31')).toBe('2026-05-25')
  expect(weekOf('2026-05-28')).toHaveLength(7)
  expect(plus('2026-02-28', 1)).toBe('2026-03-01')
})

describe('a shift is in each day that it touches', () => {
  const night = shift('2026-05-28T20:00:00+08:00', '2026-05-29T08:00:00+08:00')
  it.each([
    ['2026-05-27', []],
    ['2026-05-28', [['20:00', '24:00']]],
    ['2026-05-29', [['00:00', '08:00']]],
    ['2026-05-30', []],
  ])('%s', (day, expected) => {
    expect(ofDay([night], day).map(({ from, to }) => [from, to])).toEqual(expected)
  })
  it('not in the one that it ends before', () => {
    expect(ofDay([shift('2026-05-28T16:00:00+08:00', '2026-05-29T00:00:00+08:00')], '2026-05-29')).toEqual([])
  })
})
