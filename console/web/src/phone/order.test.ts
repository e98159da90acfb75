import { expect, test } from 'vitest'

import { metresBetween, ordered } from './order'
import { fitted } from './pictures'
import type { Task } from './tasks'

const task = (id: string, more: Partial<Task> = {}): Task => ({
  kind: 'check', task: id, mine: false, asked: null, case: id, number: id, state: 'checking', category: '', category_name: '',
  subject: '', text: '', address: '', grid: '', lon: null, lat: null, metres: null, severity: 2, deadline: '', due: null,
  allowed: [], pictures: [], remarks: [], ...more,
})
const HERE = { lon: 120.1, lat: 30.2, accuracy: 8 }
//  metres     1000       2000       3000
//  overdue                            a
//  warning               b
//  others      c          d (sooner)
const TASKS = [
  task('e'),
  task('d', { lon: 120.12, lat: 30.2, due: '2026-01-01T00:01:00Z' }),
  task('c', { lon: 120.11, lat: 30.2, due: '2026-01-01T00:02:00Z' }),
  task('b', { lon: 120.12, lat: 30.2, deadline: 'warning' }),
  task('a', { lon: 120.13, lat: 30.2, deadline: 'overdue' }),
]

test.each([
  ['near within what is late', HERE, 'abcde'],
  ['without a place the soonest', null, 'abdce'],
])('%s', (_, place, order) => {
  const found = ordered(TASKS, place)
  expect(found.map((each) => each.case).join('')).toBe(order)
  expect(found.every((each) => place !== null || each.metres === null)).toBe(true)
})

test('metres are those of a sphere', () => {
  expect(metresBetween(HERE, HERE)).toBe(0)
  expect(metresBetween({ lon: 0, lat: 0 }, { lon: 0, lat: 1 })).toBeCloseTo(111_195, -1)
})

test.each([
  [4000, 3000, [1600, 1200]],
  [3000, 4000, [1200, 1600]],
  [800, 600, [800, 600]],
  [16000, 1, [1600, 1]],
])('a photo of %i × %i', (width, height, size) => {
  expect(fitted(width, height)).toEqual(size)
})
