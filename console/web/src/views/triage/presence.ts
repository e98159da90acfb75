/** Who looks at which case: this page says which one it shows, every 15 s, and hears who else does. */

import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'

import { post } from '@/shared/api'
import { useLive } from '@/shared/live'
import { useMe } from '@/shared/me'

const EACH = 15_000
const page = crypto.randomUUID()

/** Case -> the names of others who look at it. shown: the id of the case that this page shows; '' for none. */
export function usePresence(shown: Ref<string>): Readonly<Ref<ReadonlyMap<string, string[]>>> {
  const me = useMe()
  const seen = shallowRef<ReadonlyMap<string, string[]>>(new Map())
  let timer = 0
  let soon = 0

  const others = (names: string[]): string[] => names.filter((name) => name !== me.me?.name)

  async function look(): Promise<void> {
    clearTimeout(timer)
    timer = window.setTimeout(() => void look(), EACH)
    try {
      const { cases } = await post<{ cases: Record<string, string[]> }>('/api/presence', { page, case: shown.value })
      seen.value = new Map(Object.entries(cases).map(([id, names]) => [id, others(names)]))
    } catch {
      // Who else looks is a help, and nothing that stops anybody; the next turn asks again.
    }
  }

  useLive('presence', (data) => {
    const { case: id, names } = data as { case: string; names: string[] }
    seen.value = new Map(seen.value).set(id, others(names))
  })
  // Whoever walks down the list with a key held looks at none of the cases on the way.
  watch(shown, () => {
    clearTimeout(soon)
    soon = window.setTimeout(() => void look(), 400)
  }, { immediate: true })
  onScopeDispose(() => {
    clearTimeout(timer)
    clearTimeout(soon)
    post('/api/presence', { page, case: '' }).catch(() => undefined)
  })
  return seen
}
