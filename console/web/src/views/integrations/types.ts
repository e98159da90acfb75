/** What the routes about integrations answer (console/integrations_told.py). Times ISO 8601, durations seconds. */

export type State = 'works' | 'quiet' | 'trouble' | 'off'
export interface Source {
  name: string
  kind: string
  state: State
  about: string
  connected: string | null
  last: string | null
  rate: number | null
  count: number | null
  delay: { median: number; p95: number; subjects: number } | null
  in_flight: number | null
  refused: Record<string, number>
  error: string
  hint: string
}
export interface Sink {
  name: string
  kind: string
  state: State
  waiting: number | null
  held: number | null
  dead: number | null
  oldest: string | null
  last: string | null
  error: string
  hint: string
}
export interface Journal {
  bytes: number
  entries: number
  oldest: string | null
  keep: number
  max_bytes: number
  lag_entries: number
  lag: number | null
  snapshot_age: number | null
  snapshot_bytes: number
  dead_letter_bytes: number
}
export interface Partition { partition: number; messages: number | null; unsaved: number | null; passed: string | null; behind: number | null }
export interface Held { why: 'unjudged' | 'partition' | 'member' | 'gone' | 'all'; partition: number | null; source: string; member: string; since: string | null }
/** Of a city on Kafka, where it has no journal of its own. */
export interface Kafka { away: string; asked: string | null; partitions: Partition[]; left_out: number; held: Held | null; skipped: number; unreadable: number }
export interface Machine {
  software: string
  python: string
  started: string
  memory: number | null
  disk_free: number
  disk_total: number
  store: string
  store_bytes: number | null
  inbox: number
  metrics: string
}
export interface Version { id: string; config: string; world: string; rules: number; streams: number }
export interface Health { at: string; sources: Source[]; sinks: Sink[]; journal: Journal | null; kafka: Kafka | null; machine: Machine | null; version: Version | null }
export interface Group {
  reason: string
  source: string
  stream: string
  expected: string
  count: number
  last: string
  examples: { where: string; message: string; received: string }[]
}
export interface Letters { groups: Group[]; held: number; lost: number; fates: Record<string, number> }
export interface Device { id: string; kind: string; about: string; devices: string[]; heard: string | null; silent: number | null }
export interface Silent { after: number; registered: Record<string, number>; silent: Record<string, number>; devices: Device[]; left_out: number }
export interface Terminal {
  terminal: string
  subject: string
  stream: string
  state: 'proposed' | 'unsteady' | 'corrected' | 'unfit' | 'right' | 'unheard'
  watched: boolean
  kind: 'zone' | 'rollover' | 'steady' | 'drift' | 'unsteady' | null
  offset: number | null
  bound: number | null
  drift: number | null
  corrected: number | null
  by: string
  approved: string
  note: string
  correction: string | null
  last: string | null
}
export interface Clocks {
  terminals: Terminal[]
  unwatched: number
  kept: 'store' | 'file' | 'none'
  clocks: { subject: string; stream: string; offset: number; heard: string; aside: number }[]
  unknown: { topic: string; source: string; count: number; last: string; message: string }[]
  left_out: number
}
export interface Content { sha256: string; kind: 'configuration' | 'world'; stored: string; in_force: boolean; bytes: number }
export interface Dead { id: string; target: string; case: string; event: string; at: string; finished: string; attempts: number; why: string; holds: number }
export interface Deads { messages: Dead[]; left_out: number }
