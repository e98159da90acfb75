import { afterEach, expect, test, vi } from 'vitest'

import { ApiError } from '@/shared/api'
import type { Photo } from './pictures'
import { evidence, isLater, Later, send, type Item } from './sending'

const stored = new Map<string, Photo>()
vi.mock('./database', () => ({
  find: (_: string, id: string) => Promise.resolve(stored.get(id)),
  put: (_: string, photo: Photo) => { stored.set(photo.id, photo); return Promise.resolve(photo.id) },
}))

const item = (more: Partial<Item> = {}): Item => ({
  id: 'i', who: 'li', made: 0, kind: 'step', about: 'c', title: '', action: 'handled', note: 'done', data: {}, photos: [],
  state: 'waiting', detail: '', sent: 0, ...more,
})
const photo = (more: Partial<Photo> = {}): Photo => ({
  id: 'p', who: 'li', about: 'c', when: 'before', blob: new Blob(['x']), taken: 1_000_000, place: { lon: 120, lat: 30, accuracy: 8 },
  location: '', sha256: '', ...more,
})

/** A server that answers so, in order; what it was asked. */
function server(...answers: [number, unknown][]): { route: string; key: string | undefined; body: unknown }[] {
  const asked: { route: string; key: string | undefined; body: unknown }[] = []
  vi.stubGlobal('fetch', (route: string, init: { headers: Record<string, string>; body: unknown }) => {
    asked.push({ route, key: init.headers['Idempotency-Key'], body: typeof init.body === 'string' ? JSON.parse(init.body) : init.body })
    const [status, said] = answers[asked.length - 1] ?? [500, {}]
    return Promise.resolve(new Response(JSON.stringify(said), { status }))
  })
  return asked
}

afterEach(() => { stored.clear(); vi.unstubAllGlobals() })

test('photos first, then that they are of the case, then what was done, each by a name of its own', async () => {
  stored.set('p', photo())
  const asked = server([201, { location: 'ab/c.jpg', sha256: 'abc' }], [200, {}], [200, {}])
  await send(item({ photos: ['p'] }), 0)
  expect(asked.map((each) => [each.route, each.key])).toEqual([
    ['/api/photos', undefined], ['/api/cases/c/steps', 'i-photos'], ['/api/cases/c/steps', 'i'],
  ])
  expect(asked[2]?.body).toEqual({ action: 'handled', note: 'done', data: { photos: ['ab/c.jpg'] } })
})

test('a photo that has arrived is not sent again', async () => {
  stored.set('p', photo({ location: 'ab/c.jpg' }))
  const asked = server([200, {}], [200, {}])
  await send(item({ photos: ['p'] }), 0)
  expect(asked.map((each) => each.key)).toEqual(['i-photos', 'i'])
})

test('what is written down and not answered yet is asked for again', async () => {
  server([202, { detail: 'later' }])
  await expect(send(item(), 0)).rejects.toBeInstanceOf(Later)
})

test('what the desk refuses says why', async () => {
  server([409, { detail: 'it is not the time for it.' }])
  await expect(send(item(), 0)).rejects.toMatchObject({ status: 409, detail: 'it is not the time for it.' })
})

test('a report gives its number', async () => {
  const asked = server([201, { number: '7K3M9-QXA2T' }])
  expect(await send(item({ kind: 'report', about: '', data: { category: '06042' } }), 0)).toBe('7K3M9-QXA2T')
  expect(asked[0]?.body).toEqual({ category: '06042', photos: [] })
})

test('when a photo was taken is said by the city\'s clock', () => {
  expect(evidence(photo(), 5)).toMatchObject({ captured: 995, clock_offset: 5, extra: { when: 'before', lon: 120, lat: 30 } })
  expect(evidence(photo({ place: null }), 0)['extra']).toEqual({ when: 'before' })
})

test.each([[0, true], [429, true], [503, true], [401, false], [409, false], [422, false]])('%i may work later: %s', (status, later) => {
  expect(isLater(status)).toBe(later)
  expect(new ApiError(status, '').status).toBe(status)
})
