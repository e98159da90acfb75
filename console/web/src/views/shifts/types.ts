/** What the routes about shifts answer and take (console/shifts_bodies.py). Times ISO 8601 in the city's zone. */

export interface Shift { id: string; person: string; role: string; unit: string; grids: string[]; start: string; end: string; note: string; by: string; now: boolean }
export interface Roster { zone: string; today: string; shifts: Shift[]; left_out: number }
export interface Known { people: string[]; users: string[]; roles: string[]; units: { id: string; name: string }[] }
/** As the city's clocks show it: 2026-05-28T08:00. */
export interface ShiftIn { person: string; role: string; unit: string; grids: string[]; start: string; end: string; note: string }
export interface Taken { added: number; there: number; faults: { line: number; message: string }[] }
export interface Note { id: string; at: string; by: string; text: string; case: string }
export interface CaseLine { id: string; number: string; category: string; state: string; severity: number; responsible: string; address: string; due: string | null }
export interface Duty { person: string; role: string; unit: string; start: string; end: string }
export interface Content {
  city: string
  zone: string
  at: string
  since: string
  open: number
  states: Record<string, number>
  overdue: number
  warning: number
  overdue_cases: CaseLine[]
  due_soon: CaseLine[]
  aside: { kind: string; reason: string; by: string; until: string; held: number }[]
  storms: { rule: string; area: string; case: string; number: string; members: number; category: string }[]
  silent: Record<string, number> | null
  silent_devices: { id: string; kind: string; heard: string | null }[]
  troubles: { name: string; kind: string; what: string }[]
  unsent: number
  dead: number
  dead_letters: number | null
  notices: number
  notes: Note[]
  on_duty: Duty[]
  next: Duty[]
}
export interface Handover {
  id: string
  state: 'waiting' | 'signed' | 'withdrawn'
  outgoing: string
  incoming: string
  since: string
  signed_out: string
  signed_in: string | null
  sha256: string
  why: string
  yours: boolean
}
export interface WholeHandover extends Handover { content: Content; text: string; intact: boolean }
