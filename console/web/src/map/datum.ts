/**
 * Places in the datum of the base map. Everything here is WGS-84; where the base map's tiles are in GCJ-02 or BD-09, what is
 * drawn is shifted with them, by the same formulas and constants as pipeline/geo.py (which says where they come from); both
 * are tested against the same values. Degrees.
 */

export type Datum = 'WGS-84' | 'GCJ-02' | 'BD-09' | 'CGCS2000'
export type Place = [lon: number, lat: number]

const A = 6378245.0
const E2 = 0.00669342162296594323
const CHINA = [72.004, 0.8293, 137.8347, 55.8271] as const
const BD_TURN = (Math.PI * 3000) / 180
const { sin, cos, sqrt, abs, hypot, atan2, PI } = Math
const radians = (degrees: number): number => (degrees * PI) / 180
const degrees = (angle: number): number => (angle * 180) / PI

export function inChina(lon: number, lat: number): boolean {
  const [west, south, east, north] = CHINA
  return lon >= west && lon <= east && lat >= south && lat <= north
}

/** What GCJ-02 adds to WGS-84. */
function gcjOffset(lon: number, lat: number): Place {
  const x = lon - 105
  const y = lat - 35
  const both = 20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
  north += ((both + 20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3
  north += ((160 * sin((y / 12) * PI) + 320 * sin((y / 30) * PI)) * 2) / 3
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
  east += ((both + 20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3
  east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3
  const phi = radians(lat)
  const w2 = 1 - E2 * sin(phi) ** 2
  const w = sqrt(w2)
  return [degrees(east / ((A / w) * cos(phi))), degrees(north / ((A * (1 - E2)) / (w2 * w)))]
}

/** What BD-09 adds to WGS-84: GCJ-02's offset, and Baidu's on top. */
function bdOffset(lon: number, lat: number): Place {
  const [dx, dy] = gcjOffset(lon, lat)
  const x = lon + dx
  const y = lat + dy
  const far = hypot(x, y) + 0.00002 * sin(y * BD_TURN)
  const turn = atan2(y, x) + 0.000003 * cos(x * BD_TURN)
  return [far * cos(turn) + 0.0065 - lon, far * sin(turn) + 0.006 - lat]
}

/** Where a place in WGS-84 is in another datum. */
export function fromWgs84(lon: number, lat: number, datum: Datum): Place {
  if ((datum !== 'GCJ-02' && datum !== 'BD-09') || !inChina(lon, lat)) return [lon, lat]
  const [dx, dy] = (datum === 'GCJ-02' ? gcjOffset : bdOffset)(lon, lat)
  return [lon + dx, lat + dy]
}

/** Where a place in another datum is in WGS-84, to a centimetre. */
export function toWgs84(lon: number, lat: number, datum: Datum): Place {
  if (datum !== 'GCJ-02' && datum !== 'BD-09') return [lon, lat]
  const offset = datum === 'GCJ-02' ? gcjOffset : bdOffset
  let x = lon
  let y = lat
  for (let turn = 0; turn < 12; turn++) {
    const [dx, dy] = offset(x, y)
    const step = Math.max(abs(lon - dx - x), abs(lat - dy - y))
    x = lon - dx
    y = lat - dy
    if (step <= 1e-10) break
  }
  return inChina(x, y) ? [x, y] : [lon, lat]
}

type Coordinates = number | Coordinates[]

/** GeoJSON coordinates of any depth, in another datum. */
export function shifted<T>(coordinates: T, datum: Datum): T {
  if (datum !== 'GCJ-02' && datum !== 'BD-09') return coordinates
  const walk = (some: Coordinates): Coordinates => {
    if (!Array.isArray(some)) return some
    const [lon, lat] = some
    return typeof lon === 'number' && typeof lat === 'number' ? fromWgs84(lon, lat, datum) : some.map(walk)
  }
  return walk(coordinates as Coordinates) as T
}
