/** What the page asks for: which days, told apart by what. Kept in the address, so that it can be sent to somebody. */

import { computed, ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import type { Catalogue } from './types'

export const PRESETS = ['today', 'yesterday', 'week', 'last_week', 'month', 'last_month', 'quarter', 'year'] as const
export type Preset = (typeof PRESETS)[number]

const DAY = 86_400_000
const text = (day: Date): string => day.toISOString().slice(0, 10)
const plus = (day: Date, days: number): Date => new Date(day.getTime() + days * DAY)

/** First and last day. today: of the city, YYYY-MM-DD. */
export function daysOf(preset: Preset, today: string): [string, string] {
  const day = new Date(`${today}T00:00:00Z`)
  const monday = plus(day, -((day.getUTCDay() + 6) % 7))
  const first = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), 1))
  const before = plus(first, -1)
  switch (preset) {
    case 'today': return [today, today]
    case 'yesterday': return [text(plus(day, -1)), text(plus(day, -1))]
    case 'week': return [text(monday), today]
    case 'last_week': return [text(plus(monday, -7)), text(plus(monday, -1))]
    case 'month': return [text(first), today]
    case 'last_month': return [text(new Date(Date.UTC(before.getUTCFullYear(), before.getUTCMonth(), 1))), text(before)]
    case 'quarter': return [text(new Date(Date.UTC(day.getUTCFullYear(), Math.floor(day.getUTCMonth() / 3) * 3, 1))), today]
    case 'year': return [`${day.getUTCFullYear()}-01-01`, today]
  }
}

/** How a stretch is told over time: not too many points, not too few. */
export function stepOf(since: string, until: string): 'day' | 'week' | 'month' {
  const days = (Date.parse(until) - Date.parse(since)) / DAY + 1
  return days <= 62 ? 'day' : days <= 400 ? 'week' : 'month'
}

/** Of the page; call it in setup. */
export function useAsked(catalogue: { value: Catalogue | null }) {
  const route = useRoute()
  const router = useRouter()
  const one = (name: string): string => (typeof route.query[name] === 'string' ? route.query[name] : '')
  const preset = computed<Preset | 'custom'>(() => {
    const said = one('days')
    return one('since') && one('until') ? 'custom' : (PRESETS as readonly string[]).includes(said) ? (said as Preset) : 'month'
  })
  const days = computed<[string, string]>(() => {
    const today = catalogue.value?.today ?? new Date().toISOString().slice(0, 10)
    return preset.value === 'custom' ? [one('since'), one('until')] : daysOf(preset.value, today)
  })
  const by = computed(() => one('by') || 'unit')
  const where = computed(() => one('where'))
  const query = computed(() => ({ since: days.value[0], until: days.value[1], where: where.value }))
  const ask = (said: Record<string, string | undefined>): void => {
    void router.replace({ query: { ...route.query, ...said } })
  }
  return { preset, days, by, where, query, ask }
}
export type Asked = ReturnType<typeof useAsked>

/** Something that is asked for again whenever what it is made of changes; the newest answer counts. */
export function useAnswer<T>(asks: () => Promise<T>) {
  const answer = ref<T | null>(null)
  const trouble = ref<unknown>(null)
  const busy = ref(false)
  let number = 0
  async function load(): Promise<void> {
    const mine = ++number
    busy.value = true
    try {
      const said = await asks()
      if (mine !== number) return
      answer.value = said
      trouble.value = null
    } catch (error) {
      if (mine === number) trouble.value = error
    } finally {
      if (mine === number) busy.value = false
    }
  }
  return { answer, trouble, busy, load }
}
