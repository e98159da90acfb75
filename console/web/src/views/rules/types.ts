/** What the routes about rules say (console/rules_bodies.py). */

export type Value = string | number | boolean | string[] | null

export interface Parameter {
  name: string
  value: Value
  default: Value
  kind: 'duration' | 'length' | 'speed' | 'percentage' | 'amount' | 'number' | 'text' | 'choice' | 'flag' | 'list'
  about: string
  hold: boolean
  given: boolean
  optional: boolean
  least: number | null
  most: number | null
  choices: string[]
  examples: string[]
}

export interface Covered {
  judged: number
  unjudged: number
  reasons: { why: string; subjects: number; examples: string[] }[]
  notes: string[]
}

export interface Found {
  day: number
  week: number
  month: number
  confirmed: number
  false: number
  precision: number | null
}

export interface Rule {
  id: string
  detector: string
  question: string
  about: string
  category: string
  kind: string
  metric: string
  classes: string[]
  version: string
  unit: string
  parameters: Parameter[]
  covered: Covered
  found: Found
}

export interface RuleChange {
  number: number
  at: string
  by: string
  why: string
  version: string
  before: Record<string, Value>
  after: Record<string, Value>
  undoes: number | null
}

export interface TriedCase {
  started: number
  confirmed: number | null
  ended: number | null
  lon: number | null
  lat: number | null
  measure: number | null
  unit: string
  place: string
  case: string
  number: string
  verdict: string
}

export interface Difference {
  what: 'appeared' | 'vanished' | 'moved' | 'changed'
  subject: string
  fields: string[]
  before: TriedCase | null
  after: TriedCase | null
}

export interface Result {
  since: string
  rows: number
  entries: number
  before: number
  after: number
  same: number
  counts: Partial<Record<Difference['what'], number>>
  verdicts: Record<string, number>
  differences: Difference[]
}

export interface Tryout {
  id: string
  rule: string
  version: string
  values: Record<string, Value>
  hours: number
  by: string
  asked: string
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  progress: number
  why: string
  ended: string | null
  seconds: number
  ahead: number
  result: Result | null
}

/** A value as it is read and written in a form; '' for one that is not set. */
export function text(value: Value | undefined): string {
  if (value === null || value === undefined) return ''
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/** What was written in a form, as the API takes it. */
export function valueOf(parameter: Parameter, written: string): Value {
  const trimmed = written.trim()
  if (parameter.kind === 'flag') return trimmed === 'true'
  if (parameter.kind === 'list') return trimmed.split(/[,，;；]/).map((each) => each.trim()).filter(Boolean)
  if (trimmed === '') return null
  if (parameter.kind === 'number' && Number.isFinite(Number(trimmed))) return Number(trimmed)
  return trimmed
}
