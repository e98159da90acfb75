/** Tryouts of one rule: asked for, looked after while one waits or runs, ended. */

import { onScopeDispose, ref, watch, type Ref } from 'vue'

import { get, post, remove } from '@/shared/api'

import type { Tryout, Value } from './types'

const EACH = 1500

export function useTryouts(rule: Ref<string>) {
  const tryouts = ref<Tryout[]>([])
  const open = ref<Tryout | null>(null)
  const error = ref<unknown>(null)
  let timer = 0

  async function load(): Promise<void> {
    window.clearTimeout(timer)
    const asked = rule.value
    try {
      const found = await get<Tryout[]>('/api/tryouts', { rule: asked })
      if (asked !== rule.value) return
      tryouts.value = found
      const known = found.find((each) => each.id === open.value?.id)
      if (known && (known.state !== open.value?.state || known.state === 'running')) {
        open.value = known.state === 'done' ? await get<Tryout>(`/api/tryouts/${known.id}`) : known
      }
      if (found.some((each) => each.state === 'waiting' || each.state === 'running')) timer = window.setTimeout(() => void load(), EACH)
    } catch (said) {
      error.value = said
    }
  }
  async function start(values: Record<string, Value>, hours: number): Promise<void> {
    error.value = null
    try {
      open.value = await post<Tryout>(`/api/rules/${rule.value}/tryouts`, { values, hours })
      await load()
    } catch (said) {
      error.value = said
    }
  }
  async function look(one: Tryout): Promise<void> {
    try {
      open.value = one.state === 'done' ? await get<Tryout>(`/api/tryouts/${one.id}`) : one
    } catch (said) {
      error.value = said
    }
  }
  async function cancel(one: Tryout): Promise<void> {
    try {
      await remove(`/api/tryouts/${one.id}`)
      await load()
    } catch (said) {
      error.value = said
    }
  }

  watch(rule, () => {
    tryouts.value = []
    open.value = null
    void load()
  }, { immediate: true })
  onScopeDispose(() => window.clearTimeout(timer))
  return { tryouts, open, error, load, start, look, cancel }
}
