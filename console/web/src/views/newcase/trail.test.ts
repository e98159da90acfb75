import { expect, test } from 'vitest'

import { fastest, lengthOf, pieceOf } from './trail'

const TRAIL = {
  id: 'muck-1', at: ['2026-05-28T10:00:00Z', '2026-05-28T10:01:00Z', '2026-05-28T10:02:00Z'], lon: [120, 120.01, 120.02], lat: [30, 30, 30],
  speed: [null, 42.5, 30],
}

test.each([
  ['all', NaN, NaN, 3],
  ['from then on', Date.parse('2026-05-28T10:01:00Z'), NaN, 2],
  ['between', Date.parse('2026-05-28T10:00:30Z'), Date.parse('2026-05-28T10:01:30Z'), 1],
  ['nothing', Date.parse('2026-05-28T11:00:00Z'), NaN, 0],
])('a piece: %s', (_, from, to, many) => {
  expect(pieceOf(TRAIL, from, to)).toHaveLength(many)
})

test('how far and how fast', () => {
  const points = pieceOf(TRAIL, NaN, NaN)
  expect(lengthOf(points)).toBeCloseTo(1.926, 2)
  expect(fastest(points)).toBe(42.5)
  expect(fastest(points.slice(0, 1))).toBeNull()
  expect(lengthOf([])).toBe(0)
})
