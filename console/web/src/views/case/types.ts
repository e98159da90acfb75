/** What the API tells of one case; in step with console/rows.py, case_pieces.py, case_why.py, case_told.py, case_near.py. */

import type { CaseInList } from '@/shared/casework/row'

export interface CaseRow extends CaseInList {
  rule_version: string
  part: string
  confirmed: string | null
  reason: string
  component: string
  condition: string
  helpers: string[]
  handler: string
  dispatched: string | null
  handled: string | null
  closed: string | null
  suspended: string | null
  verdict: string
  merged_into: string | null
  split_from: string | null
  withdrawn: boolean
}

export interface Step {
  id: string
  number: number
  action: string
  from_state: string
  to_state: string
  by: string
  role: string
  at: string
  note: string
  data: Record<string, unknown>
}

export interface Episode {
  id: string
  rule: string
  category: string
  subject: string
  part: string
  place: string
  lon: number | null
  lat: number | null
  started: string
  confirmed: string | null
  ended: string | null
  reason: string
  measure: number | null
  unit: string
  withdrawn: boolean
}

export interface Report {
  id: string
  channel: string
  number: string
  category: string
  text: string
  lon: number | null
  lat: number | null
  address: string
  photos: string[]
  at: string
  answer: string
}

export interface Task { id: string; kind: string; collector: string; asked: string; answered: string | null; result: string }
export interface ApprovalRow {
  id: string
  what: string
  role: string
  asked_by: string
  asked: string
  note: string
  answered: string | null
  answered_by: string
  answer: string
}

export interface Whole {
  case: CaseRow
  episodes: Episode[]
  reports: Report[]
  steps: Step[]
  tasks: Task[]
  approvals: ApprovalRow[]
  merged: { id: string; number: string; category: string; state: string }[]
  timers: { kind: string; at: string }[]
  allowed: string[]
}

export interface Piece {
  id: string
  kind: string
  media: string
  there: boolean
  sha256: string
  captured: string | null
  clock_offset: number | null
  source: string
  by: 'evidence' | 'report' | 'step'
  of: string
  label: string
  zone: string
  until: string | null
}

export interface Plain { en: string[]; zh: string[] }
export interface RuleThen {
  id: string
  version: string
  detector: string
  question: string
  rows: string
  metric: string | null
  parameters: { name: string; value: string }[]
  hold: { wrong_for: number; right_for: number; gap: number | null; assume: number | null; silence: boolean }
}
export interface Why {
  text: Plain
  rules: { id: string; version: string; then: RuleThen | null }[]
  configuration: string
  world: string
  came: { member: string; by: string; at: string | null; why: Plain }[]
}

/** Times are UTC seconds. */
export interface Line {
  name: string
  unit: string
  points: [number, number][]
  limits: { name: string; value: number }[]
  limit: [number, number][] | null
}
export interface Around {
  rule: string
  subject: string
  part: string
  since: number
  until: number
  started: number
  ended: number | null
  confirmed: number | null
  lines: Line[]
  rows: number
}
export interface TrailPoint { ts: number; lon: number; lat: number; speed: number | null; heading: number | null; inside: boolean }
export interface Surrounded {
  members: Around[]
  trails: { subject: string; points: TrailPoint[] }[]
  lacking: '' | 'gone' | 'damaged' | 'part'
}

export interface CameraNear { id: string; name: string; lon: number | null; lat: number | null; metres: number | null; saw: boolean }
export interface Earlier {
  id: string
  number: string
  state: string
  category: string
  rule: string
  subject: string
  text: string
  severity: number
  responsible: string
  opened: string | null
  closed: string | null
  verdict: string
  metres: number | null
  same: ('subject' | 'place')[]
}
export interface Near { cameras: CameraNear[]; earlier: Earlier[] }
