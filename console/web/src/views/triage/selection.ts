/** Which row one is at, and which are chosen together; both by the case, so that they outlast a new list. */

import { computed, ref, shallowReactive, watch, type Ref } from 'vue'

export interface Selection {
  row: Readonly<Ref<number>>
  id: Readonly<Ref<string>>
  checked: Set<string>
  go: (to: number) => void
  move: (by: number) => void
  /** Choose a row, or with `range` all from the last one that was chosen; how many of them were too many. */
  check: (at: number, range?: boolean) => number
  clear: () => void
}

/** So many rows are chosen by a range, at most: more is nothing that somebody has looked at. */
const MOST = 500

export function useSelection(order: Readonly<Ref<readonly string[]>>): Selection {
  const row = ref(-1)
  const id = ref('')
  const checked = shallowReactive(new Set<string>())
  let anchor = -1

  function go(to: number): void {
    row.value = Math.min(Math.max(to, 0), order.value.length - 1)
    id.value = order.value[row.value] ?? ''
  }
  function check(at: number, range = false): number {
    const from = range && anchor >= 0 ? anchor : at
    const many = Math.min(Math.abs(at - from) + 1, MOST)
    const on = range || !checked.has(order.value[at] ?? '')
    for (let n = 0; n < many; n += 1) {
      const one = order.value[from + (at < from ? -n : n)]
      if (one === undefined) continue
      if (on) checked.add(one)
      else checked.delete(one)
    }
    anchor = at
    return Math.abs(at - from) + 1 - many
  }

  // After a new list: the same case, or what stands in its place.
  watch(order, (now) => {
    const at = now.indexOf(id.value)
    go(at >= 0 ? at : row.value)
    const there = new Set(now)
    for (const each of [...checked]) if (!there.has(each)) checked.delete(each)
  })

  return { row: computed(() => row.value), id: computed(() => id.value), checked, go, move: (by) => go(row.value + by), check, clear: () => checked.clear() }
}
