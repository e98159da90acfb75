/** What the routes about registers say (console/registers_bodies.py). Times are ISO 8601, places WGS-84. */

import type * as GeoJSON from 'geojson'

export interface Column {
  name: string
  zh: string
  en: string
  about: string
  example: string
  required: boolean
  type: 'text' | 'number' | 'list' | 'time' | 'date' | 'choice' | 'reference' | 'geometry'
  unit: string
  choices: string[]
  refers: string
}

export interface Source {
  kind: 'store' | 'file' | 'none'
  file: string
  editable: boolean
  why: string
}

export interface Kind {
  name: string
  zh: string
  en: string
  about: string
  shape: '' | 'point' | 'line' | 'polygon'
  dated: boolean
  large: boolean
  world: boolean
  source: Source
  rows: number | null
  changed: string | null
  version: number
  columns: Column[]
}

export type Cell = string | number | string[]

export interface Row {
  number: number
  id: string
  valid_from: string | null
  valid_to: string | null
  cells: Record<string, Cell>
  geometry: GeoJSON.Geometry | null
}

export interface Rows { rows: Row[]; after: string; total: number | null; version: number }
export interface OnMap extends GeoJSON.FeatureCollection { truncated: boolean; zoom: boolean }

export interface Change {
  number: number
  at: string
  by: string
  mode: 'replace' | 'update' | 'edit' | 'undo'
  effective: string | null
  source: string
  added: number
  removed: number
  skipped: number
}

export interface Seen {
  what: 'added' | 'changed' | 'ended' | 'removed'
  id: string
  before: Row | null
  after: Row | null
}

export interface Version { row: Row; since: Change | null; until: Change | null }
export interface Fault { line: number; row: string; column: string; expected: string }

export interface Looked {
  id: string
  file: string
  rows: number
  counts: Partial<Record<Seen['what'], number>>
  shown: Seen[]
  faults: Fault[]
  faulty: number
  importable: boolean
}

export interface Done { number: number | null; added: number; removed: number; skipped: number; in_force: boolean }

export interface Edit {
  what: 'add' | 'change' | 'end' | 'correct' | 'remove'
  number?: number
  cells?: Record<string, Cell>
  geometry?: GeoJSON.Geometry | null
  at?: string
}

export const DATUMS = ['WGS-84', 'GCJ-02', 'BD-09', 'CGCS2000'] as const
