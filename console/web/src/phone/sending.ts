/** One thing to send: its photos first, then that they belong to the case, then what was done. Each has a name of its
 *  own, so that what is sent twice, because an answer was lost, counts once. */

import { ApiError, request } from '@/shared/api'
import { find, put } from './database'
import type { Photo } from './pictures'

export interface Item {
  id: string
  who: string
  /** Milliseconds, by the phone's clock; things are sent in this order. */
  made: number
  kind: 'step' | 'report'
  /** The case's id; '' for a report. */
  about: string
  /** What the list says: the case's number, or the category of a report. */
  title: string
  /** The step's action; '' for a report. */
  action: string
  note: string
  /** The step's data, or the report's body. */
  data: Record<string, unknown>
  photos: string[]
  state: 'waiting' | 'sending' | 'sent' | 'refused'
  /** Why it waits or was refused; of a report that was sent, its number. */
  detail: string
  sent: number
}

/** It may work later: nothing is wrong with what was sent. */
export class Later extends Error {}

const LATER = new Set([0, 408, 425, 429])
export const isLater = (status: number): boolean => LATER.has(status) || status >= 500

async function answered(route: string, body: unknown, key: string): Promise<Record<string, unknown>> {
  const answer = await request('POST', route, body, key ? { headers: { 'Idempotency-Key': key } } : {})
  const said = (await answer.json()) as Record<string, unknown>
  if (answer.status === 202) throw new Later(String(said['detail'] ?? '')) // written down: the same key asks again
  return said
}

async function upload(photo: Photo): Promise<Photo> {
  if (photo.location) return photo
  const said = await answered('/api/photos', photo.blob, '')
  const kept = { ...photo, location: String(said['location']), sha256: String(said['sha256']) }
  await put('photos', kept)
  return kept
}

/** As evidence: where and when it was taken. ahead: seconds that the phone's clock is ahead of the city's. */
export function evidence(photo: Photo, ahead: number): Record<string, unknown> {
  const { place } = photo
  return {
    kind: 'photo', location: photo.location, sha256: photo.sha256, source: photo.who,
    captured: photo.taken / 1000 - ahead, clock_offset: ahead, extra: { when: photo.when, ...(place ?? {}) },
  }
}

/** Send it; what the list then says of it. Rejects Later, ApiError. */
export async function send(item: Item, ahead: number): Promise<string> {
  const photos: Photo[] = []
  for (const id of item.photos) {
    const photo = await find<Photo>('photos', id)
    if (photo) photos.push(await upload(photo))
  }
  const locations = photos.map((each) => each.location)
  if (item.kind === 'report') {
    const said = await answered('/api/reports', { ...item.data, photos: locations }, item.id)
    return String(said['number'] ?? '')
  }
  const steps = `/api/cases/${encodeURIComponent(item.about)}/steps`
  if (photos.length > 0) {
    const files = photos.map((each) => evidence(each, ahead))
    await answered(steps, { action: 'attach', data: { files } }, `${item.id}-photos`)
  }
  const data = locations.length > 0 ? { ...item.data, photos: locations } : item.data
  await answered(steps, { action: item.action, note: item.note, data }, item.id)
  return ''
}

/** Whether an error means that the session has ended. */
export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401
