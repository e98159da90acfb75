/**
 * What happens, as it happens: one stream of events for all of a page, kept open while anybody listens.
 *
 * useLive('cases', ({ cases, gone }) => …)   each case as a list has it, with what happened; ids that are out of sight now
 * useLive('reset', () => load())             too much was missed: ask again for what you show
 * useLive('city' | 'presence' | 'health', …) what else is published (docs/console/now.md)
 */

import { onScopeDispose, readonly, ref } from 'vue'

import { get } from './api'

/** A case as `GET /api/cases` lists it, with what happened to it since it was told last. */
export interface LiveCase {
  id: string
  number: string
  state: string
  revision: number
  severity: number
  category: string
  rule: string
  subject: string
  text: string
  place: string
  address: string
  lon: number | null
  lat: number | null
  grid: string
  responsible: string
  officer: string
  helpers: string[]
  opened: string
  file_due: string | null
  due: string | null
  deadline: string
  storm: string | null
  withdrawn: boolean
  /** The newest of `events`. */
  event: string
  events: string[]
  /** The number of the newest change. */
  change: number
  [further: string]: unknown
}

export interface LiveEvents {
  hello: { number: number }
  reset: { number: number }
  cases: { cases: LiveCase[]; gone: string[] }
  city: { event: string; at: string; change: number }
  presence: unknown
  health: unknown
}

type Topic = keyof LiveEvents
type Handler<T extends Topic> = (data: LiveEvents[T]) => void

const AGAIN = 5_000
const state = ref<'off' | 'live' | 'lost'>('off')
/** Whether events come at the moment. */
export const liveState = readonly(state)

const handlers = new Map<Topic, Set<Handler<Topic>>>()
let source: EventSource | null = null
let timer = 0
/** The number of the newest event, by which a stream goes on where it ended. */
let last = ''

function tell(topic: Topic, text: string): void {
  const data = JSON.parse(text) as LiveEvents[Topic]
  for (const each of [...(handlers.get(topic) ?? [])]) each(data)
}

function hear(topic: Topic): void {
  source?.addEventListener(topic, (event) => {
    if (event.lastEventId) last = event.lastEventId
    tell(topic, (event as MessageEvent<string>).data)
  })
}

function open(): void {
  clearTimeout(timer)
  source = new EventSource(`/api/live${last ? `?after=${encodeURIComponent(last)}` : ''}`)
  source.onopen = () => { state.value = 'live' }
  source.onerror = () => {
    state.value = 'lost'
    if (source?.readyState === EventSource.CLOSED) { // refused: a browser doesn't come back by itself then
      clearTimeout(timer)
      timer = window.setTimeout(open, AGAIN)
      // The session may have ended: then this sends people to log in, rather than leaving them before a page that is old.
      get('/api/me/sessions').catch(() => undefined)
    }
  }
  for (const topic of new Set<Topic>(['hello', 'reset', ...handlers.keys()])) hear(topic)
}

function close(): void {
  clearTimeout(timer)
  source?.close()
  source = null
  state.value = 'off'
}

/** Listen until the component, or whatever scope this is called in, is gone. */
export function useLive<T extends Topic>(topic: T, handler: Handler<T>): void {
  const mine = handler as Handler<Topic>
  const first = !handlers.has(topic)
  if (first) handlers.set(topic, new Set())
  handlers.get(topic)?.add(mine)
  if (source === null) open()
  else if (first && topic !== 'hello' && topic !== 'reset') hear(topic)
  onScopeDispose(() => {
    handlers.get(topic)?.delete(mine)
    // A page is left for another: that one listens at once.
    window.setTimeout(() => {
      if ([...handlers.values()].every((each) => each.size === 0)) close()
    }, 1_000)
  })
}
