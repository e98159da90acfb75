/** The rows of one register, a page at a time: what is asked for, the way back, and what went wrong. */

import { computed, ref, watch, type Ref } from 'vue'

import { get } from '@/shared/api'

import type { Cell, Column, Kind, Row, Rows } from './types'

const PAGE = 100

export function useRows(kind: Ref<Kind | undefined>) {
  const search = ref('')
  const where = ref<Record<string, string>>({})
  const sort = ref('')
  const descending = ref(false)
  /** ISO 8601; '': now; 'all': whatever their validity. */
  const at = ref('')
  const found = ref<Rows | null>(null)
  const error = ref<unknown>(null)
  const loading = ref(false)
  const before = ref<string[]>([])
  const here = ref('')
  let asked = 0

  async function load(after = here.value): Promise<void> {
    const register = kind.value
    if (!register) return
    const mine = ++asked
    loading.value = true
    error.value = null
    try {
      let from = after
      let page: Rows
      const rows: Row[] = []
      // Of a large register a stretch may have nothing that fits: the next one may.
      do {
        page = await get<Rows>(`/api/registers/${register.name}/rows`, {
          search: search.value, sort: sort.value, descending: descending.value || null, after: from, limit: PAGE - rows.length,
          where: Object.entries(where.value).filter(([, text]) => text).map(([name, text]) => `${name}:${text}`),
          at: at.value === 'all' ? null : at.value || (register.dated ? new Date().toISOString() : null),
        })
        if (mine !== asked) return
        rows.push(...page.rows)
        from = page.after
      } while (rows.length < PAGE && from)
      found.value = { ...page, rows }
      here.value = after
    } catch (said) {
      if (mine === asked) error.value = said
    } finally {
      if (mine === asked) loading.value = false
    }
  }

  function first(): Promise<void> {
    before.value = []
    return load('')
  }
  function next(): void {
    if (!found.value?.after) return
    before.value.push(here.value)
    void load(found.value.after)
  }
  function back(): void {
    const after = before.value.pop()
    if (after !== undefined) void load(after)
  }

  watch(() => kind.value?.name, () => {
    search.value = ''
    where.value = {}
    sort.value = ''
    descending.value = false
    found.value = null
    void first()
  }, { immediate: true })
  let later = 0
  watch([search, where], () => {
    window.clearTimeout(later)
    later = window.setTimeout(() => void first(), 300)
  }, { deep: true })
  watch([sort, descending, at], () => void first())

  const from = computed(() => before.value.length * PAGE + 1)
  return { search, where, sort, descending, at, found, error, loading, load, first, next, back, before, from }
}

/** A cell as it is read. */
export function shown(row: Row, column: Column, key: string): string {
  const value: Cell | undefined = column.name === key ? row.id : row.cells[column.name]
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.join('; ')
  return typeof value === 'number' ? value.toFixed(column.unit === '°' ? 6 : 2) : value
}
