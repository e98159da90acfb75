import { describe, expect, it } from 'vitest'

import { area, contains, crossing, faultOf, freeName, halved, moved, standingIn, withCorner, without } from './polygons'
import type { Point, Thing } from './types'

const square: Point[] = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]]

describe('what is wrong with corners', () => {
  const cases: [string, Point[], string | null][] = [
    ['square', square, null],
    ['two', square.slice(0, 2), 'few'],
    ['bow tie', [[0.1, 0.1], [0.5, 0.5], [0.5, 0.1], [0.1, 0.5]], 'crosses'],
    ['line', [[0.1, 0.1], [0.1, 0.2], [0.1, 0.3]], 'empty'],
    ['touches an edge', [[0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1]], 'crosses'],
    ['dented', [[0, 0], [1, 0], [0.4, 0.2], [1, 1], [0, 1]], null],
  ]
  for (const [name, corners, fault] of cases) it(name, () => expect(faultOf(corners)).toBe(fault))
})

it('says which edges cross', () => {
  expect(crossing([[0.1, 0.1], [0.5, 0.5], [0.5, 0.1], [0.1, 0.5]])).toEqual([1, 3])
})

it('keeps its shape at the picture’s edge', () => {
  const far = moved(square, 2, -2)
  expect(far).toEqual([[0.6, 0], [1, 0], [1, 0.4], [0.6, 0.4]])
  expect(area(far)).toBeCloseTo(area(square))
})

it('gains and loses corners', () => {
  expect(halved(square, 3)).toEqual([...square, [0.1, 0.3]])
  expect(without(halved(square, 0), 1)).toEqual(square)
  expect(without(square.slice(0, 3), 0)).toEqual(square.slice(0, 3))
  expect(withCorner(square, 0, [-1, 2])[0]).toEqual([0, 1])
})

it('counts what stands in it', () => {
  const thing = (left: number, top: number): Thing => ({ track: 1, label: 'car', score: null, box: [left, top, 0.1, 0.1], zone: '', still: null, text: '' })
  expect(contains(square, [0.3, 0.3])).toBe(true)
  expect(standingIn({ corners: square, about: '', preset: '' }, [thing(0.2, 0.2), thing(0.2, 0.5)])).toHaveLength(1)
})

it('finds a free name', () => expect(freeName({ 'zone-1': 1 })).toBe('zone-2'))
