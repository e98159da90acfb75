/** What a report is made of, in step with console/bodies.py. */

import type { Photo } from '@/shared/casework/photos'

export interface Draft {
  category: string
  text: string
  subject: string
  lon: number | null
  lat: number | null
  address: string
  severity: number
  contact: { name: string; phone: string }
  photos: Photo[]
  /** The number of the case that it is about; '' for a new one. */
  joins: string
}
export const emptyDraft = (): Draft => ({
  category: '', text: '', subject: '', lon: null, lat: null, address: '', severity: 0, contact: { name: '', phone: '' }, photos: [], joins: '',
})
export const isPlaced = (draft: Draft): boolean => (draft.lon !== null && draft.lat !== null) || draft.address.trim() !== ''

/** A case that may be about the same (GET /api/duplicates). */
export interface Likely { case: string; score: number; metres: number; category: string; state: string; opened: string | null; text: string | null }
/** Something that was looked for (GET /api/search). */
export interface Found { kind: string; id: string; label: string; detail: string; lon: number | null; lat: number | null }
export interface Trail { id: string; at: string[]; lon: number[]; lat: number[]; speed: (number | null)[] }
export interface TrailPoint { lon: number; lat: number; speed: number | null; at: string }
