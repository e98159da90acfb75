import type * as GeoJSON from 'geojson'
import { expect, test } from 'vitest'

import { barOf, boxOf, drawn, frameOf, HIGH, named, onPaper, pathOf, WIDE, type Frame, type Spot } from './paper'

const HERE: Spot = [121.9, 30.9]
const frame = frameOf([HERE]) as Frame
const line = (name: string, ...coordinates: Spot[]): GeoJSON.Feature => ({ type: 'Feature', properties: { name, width: 20 }, geometry: { type: 'LineString', coordinates } })

test('a place stands in the middle of a kilometre', () => {
  expect(onPaper(frame, HERE)).toEqual([WIDE / 2, HIGH / 2])
  expect(frame.scale).toBeCloseTo(1)
  expect(onPaper(frame, [HERE[0], HERE[1] + 100 / 111_320])).toEqual([WIDE / 2, HIGH / 2 - 100])
  expect(boxOf(frame).split(',').map(Number)[0]).toBeLessThan(HERE[0])
})

test('all of a trail is in the picture, and nowhere is no picture', () => {
  const far: Spot[] = [HERE, [HERE[0] + 0.2, HERE[1] + 0.3], [HERE[0] - 0.1, HERE[1]]]
  const wide = frameOf(far) as Frame
  for (const [x, y] of far.map((each) => onPaper(wide, each))) {
    expect(x > 0 && x < WIDE && y > 0 && y < HIGH).toBe(true)
  }
  expect(frameOf([])).toBe(null)
})

test('what is elsewhere is left out; zones are closed', () => {
  const near = line('Harbour Rd', [HERE[0] - 0.001, HERE[1]], [HERE[0] + 0.001, HERE[1]])
  const zone: GeoJSON.Feature = { type: 'Feature', properties: null, geometry: { type: 'MultiPolygon', coordinates: [[[HERE, [HERE[0] + 0.001, HERE[1]], [HERE[0], HERE[1] + 0.001], HERE]]] } }
  const found = drawn(frame, [near, line('Far Rd', [120, 30], [120.1, 30]), zone, { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: HERE } }])
  expect(found.map((each) => [each.name, each.width, each.d.endsWith('Z')])).toEqual([['Harbour Rd', 20, false], ['', 12, true]])
  expect(pathOf(frame, [HERE])).toBe('')
})

test('names are written once, and not over one another', () => {
  const spots: [string, Spot][] = [['A', [100, 100]], ['A', [500, 300]], ['B', [150, 100]], ['C', [500, 100]], ['', [700, 100]]]
  expect(named(spots.map(([name, at]) => ({ d: '', width: 5, name, at }))).map((each) => each.name)).toEqual(['A', 'C'])
})

test.each([[500, 200], [1200, 200], [9000, 2000], [130, 200]])('a bar for %i m to the edge is %i m', (metres, bar) => {
  const some = { ...frame, scale: WIDE / 2 / Math.max(metres, 500) }
  const found = barOf(some)
  expect(found.metres).toBe(metres === 1200 ? 200 : bar)
  expect(found.wide).toBeLessThanOrEqual(0.2 * WIDE)
})
