/** The cameras, asked for again and again while somebody looks; and which of them are meant. */

import { computed, onScopeDispose, ref, shallowRef } from 'vue'

import { get } from '@/shared/api'
import { now } from '@/shared/times'

import { staleAfter, type Camera, type Cameras, type State } from './types'

const EVERY = 5_000

export type Show = State | 'open' | 'stale'
export const SHOWN: Show[] = ['up', 'away', 'stalled', 'down', 'silent', 'unknown', 'stale', 'open']

/** Milliseconds by which the city's clock is ahead of this one. */
const ahead = ref(0)

/** Seconds since a picture was taken, each second anew. */
export const ageOf = (at: string): number => Math.max(0, (now.value + ahead.value - Date.parse(at)) / 1000)

/** Whether what is shown of it is not how it is now. */
export function isStale(camera: Camera): boolean {
  return camera.frame === null || ageOf(camera.frame.at) > staleAfter(camera)
}

export function setClock(cityNow: string): void {
  ahead.value = Date.parse(cityNow) - Date.now()
}

/** Again every `every` milliseconds while the page can be seen; the next one once the last has been answered. */
export function useAgain(load: () => Promise<void>, every = EVERY): { error: ReturnType<typeof shallowRef<unknown>>; again: () => Promise<void> } {
  const error = shallowRef<unknown>(null)
  let timer = 0
  let gone = false
  async function again(): Promise<void> {
    clearTimeout(timer)
    if (!document.hidden) {
      try {
        await load()
        error.value = null
      } catch (caught) {
        error.value = caught
      }
    }
    if (!gone) timer = window.setTimeout(again, every)
  }
  const back = (): void => { if (!document.hidden) void again() }
  document.addEventListener('visibilitychange', back)
  onScopeDispose(() => {
    gone = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', back)
  })
  void again()
  return { error, again }
}

export function useWall(): {
  cameras: ReturnType<typeof shallowRef<Camera[] | null>>
  areas: ReturnType<typeof shallowRef<string[]>>
  error: ReturnType<typeof shallowRef<unknown>>
  again: () => Promise<void>
} {
  const cameras = shallowRef<Camera[] | null>(null)
  const areas = shallowRef<string[]>([])
  const { error, again } = useAgain(async () => {
    const found = await get<Cameras>('/api/cameras', { limit: 2000 })
    setClock(found.now)
    cameras.value = found.cameras
    areas.value = found.areas
  })
  return { cameras, areas, error, again }
}

/** Which are meant, and how many there are of each sort. They stay in their order, whatever happens to them. */
export function useChosen(cameras: () => Camera[]) {
  const text = ref('')
  const area = ref<string[]>([])
  const show = ref<Show | ''>('')
  const fits = (camera: Camera, what: Show | ''): boolean =>
    what === '' || (what === 'open' ? camera.open > 0 : what === 'stale' ? isStale(camera) : camera.state === what)
  const meant = computed(() => {
    const words = text.value.trim().toLowerCase()
    return cameras().filter((camera) =>
      (area.value.length === 0 || area.value.includes(camera.area))
      && `${camera.id}\n${camera.name}\n${camera.area}`.toLowerCase().includes(words))
  })
  const counts = computed(() => Object.fromEntries(SHOWN.map((what) => [what, meant.value.filter((each) => fits(each, what)).length])) as Record<Show, number>)
  const chosen = computed(() => meant.value.filter((each) => fits(each, show.value)))
  return { text, area, show, counts, chosen, meant }
}
