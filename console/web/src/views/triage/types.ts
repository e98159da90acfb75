/** What the queue's part of the API gives, in step with console/triage*.py, console/saved.py, console/storms.py. */

import type { CaseInList } from '@/shared/casework/row'

/** helpers: not in a list, but in what is told live. */
export interface ListedCase extends CaseInList { helpers?: string[] }

/** A filter, as `GET /api/cases` takes it. */
export interface Wanted {
  state: string[]
  category: string[]
  responsible: string[]
  deadline: string[]
  severity: number
  storm: string
  text: string
  mine: boolean
  snoozed: 'shown' | 'hidden' | 'only'
}
export const nothingWanted = (): Wanted => ({
  state: [], category: [], responsible: [], deadline: [], severity: 0, storm: '', text: '', mine: false, snoozed: 'hidden',
})

export interface Counts {
  all: number
  states: Record<string, number>
  severities: Record<string, number>
  overdue: number
  warning: number
  snoozed: number
}
export interface SavedFilter { id: string; name: string; shared: boolean; own: boolean; owner: string; wanted: Wanted }
export interface Snooze { case: string; number: string; until: string; everybody: boolean; by: string; note: string }
export interface Storm {
  rule: string
  area: string
  case: string
  number: string
  state: string
  severity: number
  revision: number
  opened: string
  members: number
  allowed: string[]
}
export interface Aside {
  id: string
  kind: 'shelving' | 'suppression'
  state: 'proposed' | 'in force'
  /** About nothing but what this person may see. */
  yours: boolean
  about: {
    rules: string[]
    categories: string[]
    subjects: string[]
    cameras: string[]
    places: string[]
    grids: string[]
    circle: [number, number, number] | null
    polygon: [number, number][]
    hours: string
  }
  since: string
  until: string
  reason: string
  by: string
  verdict: string
  case: string
  count: number
  now: number
}
export interface Member { id: string; kind: string; rule: string; category: string; subject: string; place: string; started: string; ended: string | null }

/** One case whole, as far as the preview shows it. */
export interface WholeCase {
  case: ListedCase & { helpers: string[]; merged_into: string | null; reason: string }
  reports: { id: string; channel: string; number: string; text: string; at: string; photos: string[] }[]
  approvals: { id: string; what: string; asked_by: string; note: string; answered: string | null }[]
  steps: { id: string; action: string; by: string; at: string; note: string }[]
  allowed: string[]
}
export interface Piece { id: string; kind: string; media: string; captured: string | null }
