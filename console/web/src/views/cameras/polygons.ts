/** Corners of zones, as shares of the picture: the same checks as the server's (cameras/polygons.py), and how they are moved. */

import type { Point, Thing, Zone } from './types'

export const LEAST = 1e-5
export const MOST = 200

export const within = (share: number): number => Math.min(1, Math.max(0, Math.round(share * 1e5) / 1e5))

export function area(corners: Point[]): number {
  let sum = 0
  corners.forEach(([x, y], n) => {
    const [u, v] = corners[(n + 1) % corners.length] ?? [x, y]
    sum += x * v - u * y
  })
  return Math.abs(sum) / 2
}

const side = (a: Point, b: Point, c: Point): number => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
const between = (a: Point, b: Point, c: Point): boolean =>
  Math.min(a[0], b[0]) <= c[0] && c[0] <= Math.max(a[0], b[0]) && Math.min(a[1], b[1]) <= c[1] && c[1] <= Math.max(a[1], b[1])

function meet(a: Point, b: Point, c: Point, d: Point): boolean {
  const [one, two, three, four] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)]
  if (one * two < 0 && three * four < 0) return true
  return (one === 0 && between(a, b, c)) || (two === 0 && between(a, b, d)) || (three === 0 && between(c, d, a)) || (four === 0 && between(c, d, b))
}

/** Two edges that cross or touch, counted from 1; null: none do. */
export function crossing(corners: Point[]): [number, number] | null {
  const n = corners.length
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 2; j < n; j += 1) {
      if (j - i === n - 1) continue
      if (meet(corners[i]!, corners[(i + 1) % n]!, corners[j]!, corners[(j + 1) % n]!)) return [i + 1, j + 1]
    }
  }
  return null
}

export type Fault = 'few' | 'crosses' | 'empty'

/** What is wrong with a zone's corners; null: nothing. */
export function faultOf(corners: Point[]): Fault | null {
  if (corners.length < 3) return 'few'
  if (crossing(corners)) return 'crosses'
  return area(corners) < LEAST ? 'empty' : null
}

/** Whether a point is in it (even-odd rule). */
export function contains(corners: Point[], [x, y]: Point): boolean {
  let inside = false
  corners.forEach(([ax, ay], n) => {
    const [bx, by] = corners[(n + 1) % corners.length] ?? [ax, ay]
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
  })
  return inside
}

/** What of the things in the picture stands in a zone: the middle of its box's lower edge is in it. */
export const standingIn = (zone: Zone, things: Thing[]): Thing[] =>
  things.filter(({ box: [left, top, width, height] }) => contains(zone.corners, [left + width / 2, top + height]))

/** All corners moved by so much, as far as the picture goes. */
export function moved(corners: Point[], dx: number, dy: number): Point[] {
  const xs = corners.map(([x]) => x)
  const ys = corners.map(([, y]) => y)
  const right = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), dx))
  const down = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), dy))
  return corners.map(([x, y]) => [within(x + right), within(y + down)])
}

export const withCorner = (corners: Point[], at: number, point: Point): Point[] =>
  corners.map((each, n) => (n === at ? [within(point[0]), within(point[1])] : each))

/** A corner more, in the middle of the edge after corner `at`. */
export function halved(corners: Point[], at: number): Point[] {
  const [x, y] = corners[at]!
  const [u, v] = corners[(at + 1) % corners.length]!
  return [...corners.slice(0, at + 1), [within((x + u) / 2), within((y + v) / 2)], ...corners.slice(at + 1)]
}

export const without = (corners: Point[], at: number): Point[] => (corners.length > 3 ? corners.filter((_, n) => n !== at) : corners)

/** A name that no zone has yet: zone-1, zone-2 … */
export function freeName(zones: Record<string, unknown>, word = 'zone'): string {
  for (let n = 1; ; n += 1) if (!(`${word}-${n}` in zones)) return `${word}-${n}`
}
