/** What is still to be sent, in order, kept over a reload and over the end of a session, each with what became of it. */

import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { ApiError } from '@/shared/api'
import { useMe } from '@/shared/me'
import { all, drop, put } from './database'
import { dropPhoto, type Photo } from './pictures'
import { isLater, isSignedOut, Later, send, type Item } from './sending'

const SHOWN = 86_400_000 // what was sent is shown for a day
const AGAIN = 15_000
const FORGOTTEN = 14 * 86_400_000 // a photo that nothing was made of

type New = Pick<Item, 'kind' | 'about' | 'title' | 'action' | 'note' | 'data' | 'photos'>

/** Without what makes it reactive, which no database keeps. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

export const useOutbox = defineStore('outbox', () => {
  const items = ref<Item[]>([])
  const signedOut = ref(false)
  const reachable = ref(navigator.onLine)
  /** Seconds that this phone's clock is ahead of the city's. */
  const ahead = ref(0)
  const waiting = computed(() => items.value.filter((each) => each.state === 'waiting' || each.state === 'sending'))
  const refused = computed(() => items.value.filter((each) => each.state === 'refused'))
  const listeners = new Set<() => void>()
  let who = ''
  let timer = 0
  let busy = false

  /** Show and send what this person has; what others left on this phone waits for them. */
  async function open(name: string): Promise<void> {
    who = name
    const mine = (await all<Item>('queue')).filter((each) => each.who === who).sort((a, b) => a.made - b.made)
    const old = mine.filter((each) => each.state === 'sent' && Date.now() - each.sent > SHOWN)
    for (const each of old) await drop('queue', each.id)
    items.value = mine
      .filter((each) => !old.includes(each))
      .map((each) => (each.state === 'sending' ? { ...each, state: 'waiting' } : each))
    const used = new Set((await all<Item>('queue')).flatMap((each) => each.photos))
    for (const each of await all<Photo>('photos')) {
      if (!used.has(each.id) && Date.now() - each.taken > FORGOTTEN) await dropPhoto(each.id)
    }
    signedOut.value = false
    void flush()
  }

  async function add(what: New): Promise<void> {
    const item: Item = { ...plain(what), id: crypto.randomUUID(), who, made: Date.now(), state: 'waiting', detail: '', sent: 0 }
    await put('queue', item) // first kept, then sent
    items.value.push(item)
    void flush()
  }

  async function change(item: Item, values: Partial<Item>): Promise<void> {
    Object.assign(item, values)
    await put('queue', plain(item))
  }

  async function sent(item: Item, detail: string): Promise<void> {
    await change(item, { state: 'sent', detail, sent: Date.now() })
    for (const id of item.photos) await dropPhoto(id)
    for (const each of listeners) each()
  }

  /** Whether they have logged in again meanwhile, which makes another word of what requests must bring. */
  async function anotherSession(): Promise<boolean> {
    const me = useMe()
    const before = me.me?.csrf
    await me.load().catch(() => null)
    return me.me?.name === who && me.me.csrf !== before
  }

  /** Send one; whether the next may follow. */
  async function one(item: Item): Promise<boolean> {
    await change(item, { state: 'sending', detail: '' })
    try {
      await sent(item, await send(item, ahead.value))
      reachable.value = true
      return true
    } catch (error) {
      if (isSignedOut(error)) {
        signedOut.value = true
      } else if (error instanceof ApiError && error.status === 403 && (await anotherSession())) {
        await change(item, { state: 'waiting' })
        return true
      } else if (error instanceof ApiError && !isLater(error.status)) {
        await change(item, { state: 'refused', detail: error.detail })
        return true
      } else if (error instanceof ApiError && error.status === 0) {
        reachable.value = false
      }
      const told = error instanceof Later || (error instanceof ApiError && error.status !== 0 && error.status !== 401)
      await change(item, { state: 'waiting', detail: told ? (error as Error).message : '' })
      return false
    }
  }

  /** Send what waits, in order, until something has to wait again. One page at a time does it. */
  async function flush(): Promise<void> {
    if (busy || !who || useMe().me?.name !== who) return
    busy = true
    clearTimeout(timer)
    const all = async (): Promise<void> => {
      for (;;) {
        const next = items.value.find((each) => each.state === 'waiting')
        if (!next || !(await one(next))) return
      }
    }
    try {
      if (navigator.locks) await navigator.locks.request('gridwatch-outbox', all)
      else await all()
    } finally {
      busy = false
      if (waiting.value.length > 0 && !signedOut.value) timer = window.setTimeout(() => { void flush() }, AGAIN)
    }
  }

  const again = async (item: Item): Promise<void> => {
    await change(item, { state: 'waiting', detail: '' })
    void flush()
  }

  /** Let it go for good, with its photos. */
  async function discard(item: Item): Promise<void> {
    items.value = items.value.filter((each) => each.id !== item.id)
    await drop('queue', item.id)
    if (item.state !== 'sent') for (const id of item.photos) await dropPhoto(id)
  }

  /** What is called after something has been sent; what it gives stops that. */
  function onSent(then: () => void): () => void {
    listeners.add(then)
    return () => listeners.delete(then)
  }

  window.addEventListener('online', () => { reachable.value = true; void flush() })
  window.addEventListener('offline', () => { reachable.value = false })
  document.addEventListener('visibilitychange', () => { if (!document.hidden) void flush() })

  return { items, waiting, refused, signedOut, reachable, ahead, open, add, flush, again, discard, onSent }
})
