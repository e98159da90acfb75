import { describe, expect, it } from 'vitest'

import { daysOf, stepOf } from './asked'

describe('days of a preset', () => {
  it.each([
    ['today', '2026-05-28', '2026-05-28'],
    ['yesterday', '2026-05-27', '2026-05-27'],
    ['week', '2026-05-25', '2026-05-28'],
    ['last_week', '2026-05-18', '2026-05-24'],
    ['month', '2026-05-01', '2026-05-28'],
    ['last_month', '2026-04-01', '2026-04-30'],
    ['quarter', '2026-04-01', '2026-05-28'],
    ['year', '2026-01-01', '2026-05-28'],
  ] as const)('%s', (preset, first, last) => {
    expect(daysOf(preset, '2026-05-28')).toEqual([first, last])
  })
  it('a Sunday belongs to the week before', () => {
    expect(daysOf('week', '2026-05-31')).toEqual(['2026-05-25', '2026-05-31'])
  })
})

it('a stretch is told in some tens of points', () => {
  expect([stepOf('2026-05-01', '2026-05-31'), stepOf('2026-01-01', '2026-12-31'), stepOf('2020-01-01', '2026-12-31')]).toEqual([
    'day', 'week', 'month',
  ])
})
