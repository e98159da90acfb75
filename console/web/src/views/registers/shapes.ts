/** Shapes of rows between a form, the map and GeoJSON. Places are WGS-84. */

import type * as GeoJSON from 'geojson'

import type { Place } from '@/map/datum'

/** What was drawn, as GeoJSON has it: rings closed, against the clock. */
export function shapeOf(kind: 'line' | 'polygon', places: Place[]): GeoJSON.Geometry {
  if (kind === 'line') return { type: 'LineString', coordinates: places }
  const twice = places.reduce((sum, [x, y], n) => {
    const [nextX, nextY] = places[(n + 1) % places.length]!
    return sum + x * nextY - nextX * y
  }, 0)
  const ring = twice < 0 ? [...places].reverse() : [...places]
  return { type: 'Polygon', coordinates: [[...ring, ring[0]!]] }
}

/** The lines of a shape, or the outer rings of its polygons. */
export function linesOf(shape: GeoJSON.Geometry | null): { id: string; ring: Place[] }[] {
  const lines = !shape ? []
    : shape.type === 'LineString' ? [shape.coordinates]
    : shape.type === 'MultiLineString' ? shape.coordinates
    : shape.type === 'Polygon' ? [shape.coordinates[0] ?? []]
    : shape.type === 'MultiPolygon' ? shape.coordinates.map((each) => each[0] ?? [])
    : []
  return lines.map((ring, n) => ({ id: String(n), ring: ring.map(([lon, lat]): Place => [lon ?? 0, lat ?? 0]) }))
}
