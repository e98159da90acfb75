/** What the routes about indicators answer (console/indicators_bodies.py). Rates are 0 to 1, durations seconds. */

export interface Count { id: string; moment: string; zh: string; en: string; means: string; means_zh: string }
export interface Rate {
  id: string
  zh: string
  en: string
  numerator: string[]
  denominator: string[]
  better: string
  source_zh: string
  source_en: string
  weight: number | null
}
export interface Dimension { id: string; zh: string; en: string }
export interface Catalogue {
  counts: Count[]
  rates: Rate[]
  dimensions: Dimension[]
  periods: string[]
  zone: string
  today: string
}
export interface Line {
  period: string
  start: string
  end: string
  by: Record<string, string>
  counts: Record<string, number>
  rates: Record<string, number | null>
  score: number | null
}
export type Names = Record<string, Record<string, string>>
export interface Indicators { start: string; end: string; whole: Line; before: Line; lines: Line[]; left_out: number; names: Names }
export interface Took {
  by: Record<string, string>
  cases: number
  median: number | null
  p95: number | null
  worked_median: number | null
  worked_p95: number | null
  bars: number[]
}
export interface Spread { median: number; p90: number }
export interface Stay { state: string; by: Record<string, string>; stays: number; clock: Spread; working: Spread }
export interface Times { edges: number[]; whole: Took; groups: Took[]; states: Stay[]; left_out: number; names: Names }
export interface Density { cells: { corners: [number, number][]; cases: number }[]; width: number; nowhere: number }
export interface Quality {
  rule: string
  cases: number
  confirmed: number
  false: number
  rejected: number
  precision: number | null
  weeks: { period: string; cases: number; false: number }[]
}
export interface Report { name: string; kind: 'daily' | 'weekly' | 'monthly'; period: string; format: string; size: number; made: string }
export interface Reports { reports: Report[]; kinds: string[]; at: string; language: string }
