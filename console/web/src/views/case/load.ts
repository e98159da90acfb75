/** One case with all that its page shows, kept as it is: asked again when it changes, what lies beside it less often. */

import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'

import { ApiError, get } from '@/shared/api'
import { useLive } from '@/shared/live'
import { useMe } from '@/shared/me'

import type { Near, Piece, Surrounded, Whole, Why } from './types'

/** Milliseconds that curves of a case that goes on are good for. */
const FRESH = 60_000
/** Of a burst of changes, the page is asked for once. */
const SOON = 250

export function useCase(name: Ref<string>) {
  const me = useMe()
  const whole = shallowRef<Whole | null>(null)
  const pieces = shallowRef<Piece[]>([])
  const why = shallowRef<Why | null>(null)
  const near = shallowRef<Near | null>(null)
  const around = shallowRef<Surrounded | null>(null)
  const error = ref<unknown>(null)
  /** Why there are no curves; '' while they are on their way. */
  const aroundError = ref('')
  const id = computed(() => whole.value?.case.id ?? '')
  let timer = 0
  let drawn = ''
  let read = 0
  let running = new AbortController()

  async function load(): Promise<void> {
    running.abort()
    const { signal } = (running = new AbortController())
    const at = `/api/cases/${encodeURIComponent(name.value)}`
    try {
      const found = await get<Whole>(at, {}, { signal })
      if (signal.aborted) return
      whole.value = found
      error.value = null
      void beside(at, signal)
    } catch (caught) {
      if (!signal.aborted) error.value = caught
    }
  }

  async function beside(at: string, signal: AbortSignal): Promise<void> {
    const put = <T>(into: Ref<T>, route: string): Promise<void> =>
      get<T>(`${at}${route}`, {}, { signal }).then((found) => { into.value = found }, () => undefined)
    const asked = [put(why, '/why'), put(near, '/near')]
    if (me.may('see_evidence')) asked.push(put(pieces, '/evidence'))
    await Promise.all(asked)
    const found = whole.value?.episodes.map((each) => `${each.id} ${each.ended}`).join() ?? ''
    // What people do changes nothing of what was around it; what goes on is looked at again after a time.
    if (around.value && found === drawn && (Date.now() - read < FRESH || whole.value?.case.ended !== null)) return
    try {
      drawn = found
      read = Date.now()
      around.value = await get<Surrounded>(`${at}/around`, {}, { signal })
      aroundError.value = ''
    } catch (caught) {
      if (!signal.aborted) aroundError.value = caught instanceof ApiError ? caught.detail : String(caught)
    }
  }

  function later(): void {
    clearTimeout(timer)
    timer = window.setTimeout(() => void load(), SOON)
  }

  watch(name, () => {
    whole.value = why.value = near.value = around.value = null
    pieces.value = []
    aroundError.value = ''
    void load()
  }, { immediate: true })
  useLive('cases', ({ cases }) => {
    if (cases.some((each) => each.id === id.value && each.revision !== whole.value?.case.revision)) later()
  })
  useLive('reset', later)
  onScopeDispose(() => {
    clearTimeout(timer)
    running.abort()
  })

  return { whole, pieces, why, near, around, error, aroundError, id, load }
}

/** Where a file of a case is. */
export const pieceUrl = (id: string, piece: string): string => `/api/cases/${encodeURIComponent(id)}/evidence/${piece}`
