/**
 * The latest pictures, fetched for whoever can be seen, a few at a time, the oldest first. A picture that is shown stays
 * until the next one is there, so that nothing flickers.
 */

import { onScopeDispose, ref, watch, type Ref } from 'vue'

import { ApiError, request } from '@/shared/api'

import { route } from './types'

const AT_ONCE = 4

interface Wish { since: number; fetch: () => Promise<void> }
const wishes = new Map<symbol, Wish>()
let running = 0

function go(): void {
  while (running < AT_ONCE && wishes.size > 0) {
    const [[key, wish]] = [...wishes].sort((a, b) => a[1].since - b[1].since) as [[symbol, Wish]]
    wishes.delete(key)
    running += 1
    void wish.fetch().finally(() => {
      running -= 1
      go()
    })
  }
}

export interface Scene { preset?: string | undefined; light?: 'day' | 'infrared' | undefined }
export interface Wanted extends Scene {
  id: string
  /** Of the newest picture; '': there is none, and none is fetched. */
  tag: string
}

/** The address of the picture that is wanted, '' until there is one; and why it can't be had. wanted: null where nobody looks. */
export function useFrame(wanted: () => Wanted | null): { url: Ref<string>; why: Ref<string> } {
  const url = ref('')
  const why = ref('')
  const key = Symbol('frame')
  let shown = 0
  let have = ''
  let gone = false

  async function fetchIt(what: Wanted, name: string): Promise<void> {
    try {
      const { preset, light } = what
      const answer = await request('GET', `${route(what.id)}/frame`, undefined, { query: { preset, light, v: what.tag }, headers: { Accept: 'image/jpeg' } })
      const picture = URL.createObjectURL(await answer.blob())
      if (gone) {
        URL.revokeObjectURL(picture)
        return
      }
      if (url.value) URL.revokeObjectURL(url.value)
      url.value = picture
      have = name
      shown = Date.now()
      why.value = ''
    } catch (error) {
      why.value = error instanceof ApiError ? error.detail : ''
    }
  }

  watch(wanted, (what) => {
    if (what === null || !what.tag) {
      wishes.delete(key)
      return
    }
    const name = [what.id, what.preset, what.light, what.tag].join('\n')
    if (name === have) return
    wishes.set(key, { since: shown, fetch: () => fetchIt(what, name) })
    go()
  }, { immediate: true, deep: true })

  onScopeDispose(() => {
    gone = true
    wishes.delete(key)
    if (url.value) URL.revokeObjectURL(url.value)
  })
  return { url, why }
}
