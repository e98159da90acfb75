/** A piece of a vehicle's way: which points are of it, and what there is to say of it. */

import type { Trail, TrailPoint } from './types'

/** The points from `from` to `to`, milliseconds; NaN: no bound. */
export function pieceOf(trail: Trail, from: number, to: number): TrailPoint[] {
  return trail.at.flatMap((at, n) => {
    const time = Date.parse(at)
    const lon = trail.lon[n]
    const lat = trail.lat[n]
    if (lon === undefined || lat === undefined || time < from || time > to) return []
    return [{ lon, lat, speed: trail.speed[n] ?? null, at }]
  })
}

const METRES = 111_195

/** Kilometres along the points. */
export function lengthOf(points: readonly TrailPoint[]): number {
  let metres = 0
  for (let n = 1; n < points.length; n += 1) {
    const a = points[n - 1]!
    const b = points[n]!
    metres += Math.hypot((b.lon - a.lon) * Math.cos((a.lat * Math.PI) / 180), b.lat - a.lat) * METRES
  }
  return metres / 1000
}

/** km/h; null where no point says. */
export function fastest(points: readonly TrailPoint[]): number | null {
  const known = points.flatMap((each) => each.speed ?? [])
  return known.length ? Math.max(...known) : null
}
