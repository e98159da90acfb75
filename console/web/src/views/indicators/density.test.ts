import { expect, it } from 'vitest'

import { classOf, steps } from './density'

it('five classes whose edges ascend', () => {
  const edges = steps([...Array(100).keys()].map((n) => n + 1))
  expect(edges).toHaveLength(4)
  expect([...edges].sort((a, b) => a - b)).toEqual(edges)
  expect(new Set(edges).size).toBe(4)
  expect([classOf(1, edges), classOf(100, edges)]).toEqual([0, 4])
})

it('also where all hexagons have one case, or there is none', () => {
  expect(classOf(1, steps([1, 1, 1]))).toBe(0)
  expect(steps([])).toEqual([1, 2, 3, 4])
})
