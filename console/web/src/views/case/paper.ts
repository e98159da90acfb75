/** A map for paper: streets and zones around a case as lines of an SVG, which prints where a map of tiles does not. */

import type * as GeoJSON from 'geojson'

export const WIDE = 1000
export const HIGH = 460
/** Metres from the middle to the left edge, at least: where nothing has moved, a place is known by what is around it. */
const STILL = 500
const DEGREE = 111_320
const LABELS = 12
/** Of the picture's own units: names that are nearer to one another are not written. */
const APART = 110
const NEAR = 60

export type Spot = [number, number]

export interface Frame {
  lon: number
  lat: number
  /** Units of the picture in a degree, eastwards and northwards. */
  east: number
  north: number
  /** Units in a metre. */
  scale: number
}

export interface Drawn { d: string; width: number; name: string; at: Spot | null }

/** Around all places, which are in degrees; null: there is none. */
export function frameOf(places: Spot[]): Frame | null {
  if (!places.length) return null
  const [lons, lats] = [places.map(([lon]) => lon), places.map(([, lat]) => lat)]
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)]
  const lat = (south + north) / 2
  const narrow = Math.max(Math.cos((lat * Math.PI) / 180), 0.01)
  const half = Math.max(STILL, 0.6 * (east - west) * DEGREE * narrow, (0.6 * (north - south) * DEGREE * WIDE) / HIGH)
  const scale = WIDE / 2 / half
  return { lon: (west + east) / 2, lat, east: DEGREE * narrow * scale, north: DEGREE * scale, scale }
}

export const onPaper = (frame: Frame, [lon, lat]: Spot): Spot => [
  Math.round((WIDE / 2 + (lon - frame.lon) * frame.east) * 10) / 10,
  Math.round((HIGH / 2 - (lat - frame.lat) * frame.north) * 10) / 10,
]

/** West, south, east, north of the picture, as the API takes it. */
export function boxOf(frame: Frame): string {
  const [wide, high] = [WIDE / 2 / frame.east, HIGH / 2 / frame.north]
  return [frame.lon - wide, frame.lat - high, frame.lon + wide, frame.lat + high].map((each) => each.toFixed(6)).join(',')
}

export function pathOf(frame: Frame, line: readonly Spot[], closed = false): string {
  return line.length < 2 ? '' : `M${line.map((each) => onPaper(frame, each).join(' ')).join('L')}${closed ? 'Z' : ''}`
}

/** What of lines and polygons is in the picture. */
export function drawn(frame: Frame, features: readonly GeoJSON.Feature[]): Drawn[] {
  const found: Drawn[] = []
  for (const { geometry, properties } of features) {
    const closed = geometry.type === 'Polygon' || geometry.type === 'MultiPolygon'
    const lines = linesOf(geometry).filter((line) => touches(frame, line))
    if (!lines.length) continue
    const width = Number(properties?.['width'])
    found.push({
      d: lines.map((line) => pathOf(frame, line, closed)).join(''),
      width: Math.max((width > 0 ? width : 12) * frame.scale, 1.5),
      name: typeof properties?.['name'] === 'string' ? properties['name'] : '',
      at: middle(lines.flat().map((each) => onPaper(frame, each)).filter(inside)),
    })
  }
  return found
}

/** Names that may be written: each once, apart from one another, and not over the place. */
export function named(streets: readonly Drawn[], place: Spot | null = null): { name: string; at: Spot }[] {
  const found: { name: string; at: Spot }[] = []
  for (const { name, at } of [...streets].sort((a, b) => b.width - a.width)) {
    if (!name || !at || found.length >= LABELS || (place && Math.hypot(place[0] - at[0], place[1] - at[1]) < NEAR)) continue
    if (found.every((each) => each.name !== name && Math.hypot(each.at[0] - at[0], each.at[1] - at[1]) > APART)) found.push({ name, at })
  }
  return found
}

/** A length that is easy to read, about a fifth of the picture: in metres, and in its units. */
export function barOf(frame: Frame): { metres: number; wide: number } {
  const most = (0.2 * WIDE) / frame.scale
  const power = 10 ** Math.floor(Math.log10(most))
  const metres = power * ([5, 2, 1].find((each) => each * power <= most) ?? 1)
  return { metres, wide: metres * frame.scale }
}

function linesOf(geometry: GeoJSON.Geometry): Spot[][] {
  switch (geometry.type) {
    case 'LineString': return [geometry.coordinates as Spot[]]
    case 'MultiLineString':
    case 'Polygon': return geometry.coordinates as Spot[][]
    case 'MultiPolygon': return geometry.coordinates.flat() as Spot[][]
    default: return []
  }
}

const middle = (some: Spot[]): Spot | null => some[some.length >> 1] ?? null
const inside = ([x, y]: Spot): boolean => x > 20 && x < WIDE - 160 && y > 20 && y < HIGH - 20

function touches(frame: Frame, line: readonly Spot[]): boolean {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const each of line) {
    const [x, y] = onPaper(frame, each)
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  return left < WIDE && right > 0 && top < HIGH && bottom > 0
}
