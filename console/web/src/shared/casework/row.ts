/** A case as lists have it, in step with `Listed` of cases/reading_rows.py; times are ISO 8601. */

export interface CaseInList {
  id: string
  number: string
  state: string
  revision: number
  channel: string
  rule: string
  category: string
  subject: string
  text: string
  members: number
  going_on: number
  started: string
  ended: string | null
  measure: number | null
  unit: string
  place: string
  lon: number | null
  lat: number | null
  address: string
  grid: string
  severity: number
  level: string
  mode: string
  responsible: string
  officer: string
  opened: string
  filed: string | null
  file_due: string | null
  due: string | null
  deadline: string
  proposal: Record<string, unknown> | null
  storm: string | null
  urges: number
  reworks: number
  reopenings: number
  changed: string
}
