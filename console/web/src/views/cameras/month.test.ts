import { expect, test } from 'vitest'

import { daysOf, totals } from './month'
import type { Change } from './types'

const change = (at: string, until: string | null, state: Change['state']): Change => ({ at, until, state, reason: '' })
const SINCE = '2026-05-26T16:00:00Z' // midnight in Shanghai
const NOW = '2026-05-28T22:00:00Z'
const MONTH = [
  change('2026-05-25T00:00:00Z', '2026-05-27T04:00:00Z', 'up'), // began before; twelve hours of the 27th there
  change('2026-05-27T10:00:00Z', '2026-05-27T22:00:00Z', 'down'), // six hours that nobody knows, then over midnight
  change('2026-05-28T16:00:00Z', null, 'up'),
]

test('days are the city’s, and what nobody heard stays open', () => {
  const rows = daysOf(MONTH, SINCE, NOW, 'Asia/Shanghai')
  expect(rows.map((each) => [each.day, each.pieces.map((piece) => [piece.state, piece.left, piece.width])])).toEqual([
    ['2026-05-29', [['up', 0, 0.25]]],
    ['2026-05-28', [['down', 0, 0.25]]],
    ['2026-05-27', [['up', 0, 0.5], ['down', 0.75, 0.25]]],
  ])
})

test('hours by state add up to all the time', () => {
  const found = totals(MONTH, SINCE, NOW)
  expect(found.map((each) => [each.state, each.seconds / 3600])).toEqual([['unknown', 24], ['up', 18], ['down', 12]])
  expect(found.reduce((sum, each) => sum + each.share, 0)).toBeCloseTo(1)
  expect(totals([], SINCE, NOW).map((each) => each.state)).toEqual(['unknown'])
})

test('a day on which clocks are changed is as wide as another', () => {
  const all = [change('2026-03-28T00:00:00Z', null, 'up')]
  const rows = daysOf(all, '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', 'Europe/Berlin')
  expect(rows.map((each) => [each.day, each.pieces[0]?.width])).toEqual([['2026-03-29', 1]])
})
