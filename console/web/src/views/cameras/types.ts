/** What the routes of cameras give (console/cameras_bodies.py). Shares are of the picture, 0 to 1. */

export type State = 'up' | 'stalled' | 'down' | 'away' | 'silent' | 'unknown'
export type Mode = 'day' | 'infrared' | 'away' | ''
export type Point = [number, number]

export interface Picture {
  tag: string
  at: string
  age: number
  width: number
  height: number
  preset: string
  infrared: boolean
  away: boolean
  heads: number
}
export interface Seen { at: string; labels: Record<string, number>; longest: number | null }
export interface Reading { about: string; metric: string; value: number; at: string }
export interface Open {
  id: string
  number: string
  category: string
  severity: number
  state: string
  going_on: number
  started: string
}
export interface Camera {
  id: string
  name: string
  area: string
  lon: number | null
  lat: number | null
  state: State
  reason: string
  heard: string | null
  frame: Picture | null
  unseen: string
  fps: number | null
  looked: number | null
  preset: string
  mode: Mode
  sees: Seen | null
  readings: Reading[]
  cases: Open[]
  open: number
  watchers: string[]
}
export interface Cameras { now: string; cameras: Camera[]; of: number; areas: string[] }

export interface Zone { corners: Point[]; about: string; preset: string }
export interface Wrong { where: string; what: string }
export interface Zones {
  zones: Record<string, Zone>
  revision: number
  drawn: boolean
  outdated: boolean
  warnings: Wrong[]
}
export interface Tried { faults: Wrong[]; warnings: Wrong[] }
export interface Version { revision: number; at: string; by: string; note: string; zones: Record<string, Zone> | null }
export interface Watcher { name: string; zones: string[]; everywhere: boolean; presets: string[]; parameters: Record<string, unknown> }
export interface Thing {
  track: number
  label: string
  score: number | null
  /** left, top, width, height */
  box: [number, number, number, number]
  zone: string
  still: number | null
  text: string
}
/** until: when it last said so; null: it is so still. */
export interface Change { at: string; until: string | null; state: State; reason: string }
export interface Whole extends Camera {
  now: string
  edited_here: boolean
  presets: string[]
  frames: Picture[]
  zones: Zones
  watching: Watcher[]
  objects: Thing[]
  health: Record<string, string | number | null>
  changes: Change[]
}

/** Of the camera's route. */
export const route = (id: string): string => `/api/cameras/${encodeURIComponent(id)}`

/** Seconds after which a picture is old: three times as long as it takes until the next one should be there. */
export const staleAfter = (camera: Camera): number => 15 + 3 * Math.max(10, camera.looked ? 1 / camera.looked : 0)
