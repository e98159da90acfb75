/**
 * Vehicles as they move: where each was, where it is going to be drawn, and when. Between two reports a vehicle glides from
 * where it is seen to where it was told, in as long as the reports were apart; so what is seen is one report late, and
 * smooth. Places are those of the map (its datum), in Mercator units of the whole world (0 to 1).
 */

import { MercatorCoordinate } from 'maplibre-gl'

import type { Place } from './datum'
import type { Positions } from './positions'

export interface Vehicle {
  number: number
  id: string
  kind: string
  vehicle_class: string
  plate: string
}

export type Motion = 'moving' | 'standing' | 'silent'
/** Seconds without a report after which a vehicle is drawn as silent. */
export const SILENT = 300
const MOVES = 3 // km/h
const LONGEST = 15 // seconds of a glide
const SHORTEST = 1
const FAR = 3e-5 // of the world, 1.2 km: it is not seen to fly there

export class Fleet {
  /** By number. Undefined: not told yet who it is. */
  readonly who: Vehicle[] = []
  count = 0
  /** By number: x, y from, x, y to. */
  way = new Float64Array(0)
  /** By number: seconds (of `clock`) at which the glide begins and ends. */
  time = new Float64Array(0)
  /** By number: event time of the last report, UTC seconds; 0: none. */
  seen = new Float64Array(0)
  heading = new Uint8Array(0)
  speed = new Uint8Array(0)
  state = new Uint8Array(0)
  /** Until when something glides. */
  until = 0
  /** The server's time less ours, seconds. */
  private ahead = 0

  constructor(private readonly toMap: (lon: number, lat: number) => Place) {}

  clock(): number {
    return performance.now() / 1000
  }

  /** UTC seconds, by the server's clock. */
  now(): number {
    return Date.now() / 1000 + this.ahead
  }

  private grow(count: number): void {
    if (count <= this.seen.length) return
    const room = Math.max(count, this.seen.length * 2, 256)
    const longer = <T extends Float64Array | Uint8Array>(old: T, size: number, empty: T): T => {
      empty.set(old)
      return size ? empty : old
    }
    this.way = longer(this.way, room, new Float64Array(room * 4))
    this.time = longer(this.time, room, new Float64Array(room * 2))
    this.seen = longer(this.seen, room, new Float64Array(room))
    this.heading = longer(this.heading, room, new Uint8Array(room).fill(255))
    this.speed = longer(this.speed, room, new Uint8Array(room).fill(255))
    this.state = longer(this.state, room, new Uint8Array(room))
  }

  /** What has come. */
  take(some: Positions): void {
    const clock = this.clock()
    this.ahead = some.now - Date.now() / 1000
    if (some.whole) this.seen.fill(0)
    for (let i = 0; i < some.count; i++) {
      const n = some.number[i]!
      this.grow(n + 1)
      this.count = Math.max(this.count, n + 1)
      const [lon, lat] = this.toMap(some.lon[i]! / 1e7, some.lat[i]! / 1e7)
      const to = MercatorCoordinate.fromLngLat([lon, lat])
      const seen = some.now - some.age[i]! / 10
      const before = this.seen[n]!
      const [x, y] = before > 0 ? this.at(n, clock) : [to.x, to.y]
      const near = Math.abs(to.x - x) + Math.abs(to.y - y) < FAR
      this.way.set(near ? [x, y, to.x, to.y] : [to.x, to.y, to.x, to.y], n * 4)
      const lasts = Math.min(Math.max(seen - before, SHORTEST), LONGEST)
      this.time[n * 2] = clock
      this.time[n * 2 + 1] = clock + lasts
      this.until = Math.max(this.until, clock + lasts)
      this.seen[n] = seen
      this.heading[n] = some.heading[i]!
      this.speed[n] = some.speed[i]!
      this.state[n] = some.state[i]!
    }
  }

  /** Where it is seen at a time of `clock`. */
  at(n: number, clock: number): [number, number] {
    const [begin, end] = [this.time[n * 2]!, this.time[n * 2 + 1]!]
    const share = end > begin ? Math.min(Math.max((clock - begin) / (end - begin), 0), 1) : 1
    const [ax, ay, bx, by] = this.way.subarray(n * 4, n * 4 + 4)
    return [ax! + (bx! - ax!) * share, ay! + (by! - ay!) * share]
  }

  /** Whether it is there and one that is drawn. */
  drawn(n: number): boolean {
    return this.seen[n]! > 0 && this.who[n]?.kind !== 'bin'
  }

  motion(n: number): Motion {
    if (this.now() - this.seen[n]! > SILENT) return 'silent'
    const speed = this.speed[n]!
    return speed !== 255 && speed >= MOVES ? 'moving' : 'standing'
  }

  /** The nearest to a place within a distance, both in Mercator units; -1: none. */
  nearest(x: number, y: number, within: number): number {
    const clock = this.clock()
    let [best, least] = [-1, within * within]
    for (let n = 0; n < this.count; n++) {
      if (!this.drawn(n)) continue
      const [ax, ay] = this.at(n, clock)
      const far = (ax - x) ** 2 + (ay - y) ** 2
      if (far <= least) [best, least] = [n, far]
    }
    return best
  }

  find(id: string): number {
    return this.who.findIndex((each) => each?.id === id)
  }
}
