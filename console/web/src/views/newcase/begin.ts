/** How a case begins: from a call, a map point, a camera's picture or a piece of a vehicle's way, as the address says. */

import type { LocationQuery } from 'vue-router'

import { get, request } from '@/shared/api'
import { keepPhoto } from '@/shared/casework/photos'
import { i18n } from '@/shared/i18n'
import { clock, full } from '@/shared/times'

import { fastest, lengthOf, pieceOf } from './trail'
import { emptyDraft, type Draft, type Trail, type TrailPoint } from './types'

export interface Begun {
  draft: Draft
  from: 'call' | 'map' | 'camera' | 'trail'
  /** Of the camera's picture: when it was taken. */
  taken: number | null
  trail: TrailPoint[]
}

const one = (value: LocationQuery[string] | undefined): string => (Array.isArray(value) ? (value[0] ?? '') : (value ?? ''))
/** A time as it is given: ISO 8601 or milliseconds. */
const time = (text: string): number => (text === '' ? NaN : /^\d+$/.test(text) ? Number(text) : Date.parse(text))
const number = (text: string): number | null => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : null)

/** Raises ApiError where the picture or the way can't be had; the draft can still be filled in by hand. */
export async function begin(query: LocationQuery, onDraft: (begun: Begun) => void): Promise<void> {
  const draft = { ...emptyDraft(), lon: number(one(query['lon'])), lat: number(one(query['lat'])), category: one(query['category']), subject: one(query['subject']) }
  const camera = one(query['camera'])
  const vehicle = one(query['vehicle'])
  const begun: Begun = { draft, from: camera ? 'camera' : vehicle ? 'trail' : draft.lon !== null ? 'map' : 'call', taken: null, trail: [] }
  onDraft(begun)
  if (camera) onDraft(await fromCamera(begun, camera, one(query['preset'])))
  else if (vehicle) onDraft(await fromTrail(begun, vehicle, time(one(query['from'])), time(one(query['to']))))
}

async function fromCamera(begun: Begun, camera: string, preset: string): Promise<Begun> {
  const { t } = i18n.global
  const at = `/api/cameras/${encodeURIComponent(camera)}`
  const [known, answer] = await Promise.all([
    get<{ name: string; lon: number | null; lat: number | null }>(at),
    request('GET', `${at}/frame`, undefined, { query: { preset }, headers: { Accept: 'image/jpeg' } }),
  ])
  const taken = Date.now() - Number(answer.headers.get('Age') ?? 0) * 1000
  const photo = await keepPhoto(await answer.blob())
  const text = t('newcase.seenBy', { camera: known.name || camera, at: full(taken) })
  return { ...begun, taken, draft: { ...begun.draft, lon: begun.draft.lon ?? known.lon, lat: begun.draft.lat ?? known.lat, text, photos: [photo] } }
}

const HOUR = 3_600_000

async function fromTrail(begun: Begun, vehicle: string, from: number, to: number): Promise<Begun> {
  const { t } = i18n.global
  const hours = Number.isNaN(from) ? 1 : Math.min(Math.max((Date.now() - from) / HOUR + 0.02, 0.1), 24)
  const trail = pieceOf(await get<Trail>(`/api/vehicles/${encodeURIComponent(vehicle)}/trail`, { hours }), from, to)
  const last = trail.at(-1)
  const draft = { ...begun.draft, subject: begun.draft.subject || vehicle, lon: begun.draft.lon ?? last?.lon ?? null, lat: begun.draft.lat ?? last?.lat ?? null }
  if (!trail.length) return { ...begun, draft: { ...draft, text: t('newcase.noTrail', { vehicle }) } }
  const speed = fastest(trail)
  const text = [
    t('newcase.drove', { vehicle, from: clock(trail[0]?.at), to: clock(last?.at), km: lengthOf(trail).toFixed(1) }),
    speed === null ? '' : t('newcase.fastest', { speed: Math.round(speed) }),
    ...some(trail).map((each) => `${clock(each.at)}  ${each.lon.toFixed(5)}, ${each.lat.toFixed(5)}${each.speed === null ? '' : `  ${Math.round(each.speed)} km/h`}`),
  ]
  return { ...begun, trail, draft: { ...draft, text: text.filter(Boolean).join('\n') } }
}

/** At most a dozen of the points, evenly, the last among them. */
function some(points: readonly TrailPoint[]): TrailPoint[] {
  const step = Math.max(1, Math.ceil(points.length / 12))
  return points.filter((_, n) => (points.length - 1 - n) % step === 0)
}
