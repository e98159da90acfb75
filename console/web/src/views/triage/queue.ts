/**
 * The queue as one operator sees it: the store's order at the time of the last `refresh`, and the rows that were looked
 * at. What comes meanwhile changes rows where they stand, and new ones wait in `fresh` until they are asked for, so that
 * nothing moves by itself.
 */

import { computed, onScopeDispose, ref, shallowReactive, shallowRef, watch, type Ref } from 'vue'

import { get } from '@/shared/api'
import { useLive, type LiveCase } from '@/shared/live'
import { useMe } from '@/shared/me'

import { fits, isActive } from './fits'
import type { Counts, ListedCase, Snooze, Wanted } from './types'

/** So many rows are asked for at once, at most (console/triage.py). */
const MANY = 200
const COUNT_AFTER = 1_500

export function useQueue(wanted: Ref<Wanted>, onNew: (one: ListedCase) => void = () => undefined) {
  const me = useMe()
  /** All ids of the list, from the first to the last. */
  const order = shallowRef<readonly string[]>([])
  const placed = computed(() => new Set(order.value))
  const byId = shallowReactive(new Map<string, ListedCase>())
  /** Rows that are not in the list any more, and stay where they were until it is asked for anew. */
  const left = shallowReactive(new Set<string>())
  /** Rows that came or changed lately. */
  const touched = shallowReactive(new Map<string, number>())
  const fresh = shallowReactive(new Map<string, ListedCase>())
  const counts = ref<Counts | null>(null)
  const error = ref<unknown>(null)
  const busy = ref(false)
  /** Rows that were asked for since the last `refresh`; older ones are shown until then. */
  let known = new Set<string>()
  /** From where to where somebody looks. */
  let looked: readonly [number, number] = [0, 60]
  let snoozes = new Map<string, Snooze>()
  let running: AbortController | null = null
  let timer = 0

  /** Ask for the order anew, and for what is looked at. */
  async function refresh(): Promise<void> {
    running?.abort()
    const mine = (running = new AbortController())
    busy.value = true
    try {
      const [{ ids }, put] = await Promise.all([
        get<{ ids: string[] }>('/api/triage/order', { ...wanted.value }, { signal: mine.signal }),
        get<Snooze[]>('/api/snoozes', { limit: 2000 }, { signal: mine.signal }),
        count(mine.signal),
      ])
      snoozes = new Map(put.map((each) => [each.case, each]))
      const came = ids.filter((id) => fresh.has(id))
      const all = new Set(ids)
      for (const id of [...byId.keys()]) if (!all.has(id)) byId.delete(id)
      known = new Set()
      left.clear()
      touched.clear()
      fresh.clear()
      for (const id of came) touched.set(id, Date.now())
      await read(ids.slice(...looked).slice(0, MANY), mine.signal)
      order.value = ids
      error.value = null
    } catch (caught) {
      if (!mine.signal.aborted) error.value = caught
    }
    if (running === mine) {
      running = null
      busy.value = false
      void load(...looked)
    }
  }

  /** Rows as they are now, for those that were not asked for yet. What is not there any more has left. */
  async function read(ids: readonly string[], signal?: AbortSignal): Promise<void> {
    const lacking = ids.filter((id) => !known.has(id))
    for (let from = 0; from < lacking.length; from += MANY) {
      const some = lacking.slice(from, from + MANY)
      const { cases } = await get<{ cases: ListedCase[] }>('/api/triage/rows', { id: some }, signal ? { signal } : {})
      const found = new Map(cases.map((each) => [each.id, each]))
      for (const id of some) {
        const one = found.get(id)
        // What was told live meanwhile is newer.
        if (one && one.revision >= (byId.get(id)?.revision ?? 0)) byId.set(id, one)
        if (!one || !isActive(one)) left.add(id)
        known.add(id)
      }
    }
  }

  let loading = false
  /** The rows from `from` to before `to`, in a moment: the last that were asked for first, those passed by not at all. */
  async function load(from: number, to: number): Promise<void> {
    looked = [Math.max(0, from), to]
    if (loading || running) return
    loading = true
    try {
      for (let ids = lacking(); ids.length > 0; ids = lacking()) await read(ids)
    } catch (caught) {
      error.value = caught
    }
    loading = false
  }
  const lacking = (): string[] => order.value.slice(...looked).filter((id) => !known.has(id)).slice(0, MANY)

  async function count(signal?: AbortSignal): Promise<void> {
    counts.value = await get<Counts>('/api/triage/counts', { ...wanted.value }, signal ? { signal } : {})
  }
  function countSoon(): void {
    if (timer === 0) {
      timer = window.setTimeout(() => {
        timer = 0
        count().catch((caught: unknown) => { error.value = caught })
      }, COUNT_AFTER)
    }
  }

  const inside = (one: ListedCase): boolean => fits(one, wanted.value, { name: me.me?.name ?? '', unit: me.me?.unit ?? '' })

  function changed(one: ListedCase): void {
    if (placed.value.has(one.id)) {
      byId.set(one.id, one)
      touched.set(one.id, Date.now())
      if (inside(one)) left.delete(one.id)
      else left.add(one.id)
    } else if (inside(one) && !isPutOff(one)) {
      if (!fresh.has(one.id)) onNew(one)
      fresh.set(one.id, one)
    } else fresh.delete(one.id)
  }

  function isPutOff(one: ListedCase): boolean {
    const put = snoozes.get(one.id)
    return wanted.value.snoozed === 'hidden' && put !== undefined && Date.parse(put.until) > Date.now() && one.deadline !== 'overdue'
  }

  /** They are put off: out of this list, where they stand until it is asked for anew. */
  function putOff(ids: readonly string[]): void {
    for (const id of ids) if (placed.value.has(id)) left.add(id)
    countSoon()
  }

  useLive('cases', ({ cases, gone }) => {
    for (const each of cases) changed(each as LiveCase & ListedCase)
    for (const id of gone) {
      if (placed.value.has(id)) left.add(id)
      fresh.delete(id)
    }
    countSoon()
  })
  useLive('reset', () => void refresh())
  watch(wanted, () => void refresh(), { deep: true })
  onScopeDispose(() => {
    clearTimeout(timer)
    running?.abort()
  })

  return { order, byId, left, touched, fresh, counts, error, busy, refresh, read, load, putOff, countSoon }
}

export type Queue = ReturnType<typeof useQueue>
