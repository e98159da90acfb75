/** What forms about cases offer: the city's categories, found by code, name or the first letters of its pinyin; units. */

import { shallowRef, watch } from 'vue'

import { get } from '@/shared/api'
import { i18n, language } from '@/shared/i18n'

import { initials } from './pinyin'

export interface Category {
  code: string
  kind: 'event' | 'part'
  name: string
  group: string | null
  /** Its Chinese name, by which it is found in any language. */
  zh: string
}
export interface UnitChoice { id: string; name: string; open: number; metres: number | null; nearest: string; phone: string; hours: string; level: string }
export interface CrewChoice { who: string; name: string; unit: string; metres: number; tasks: number }

const categories = shallowRef<Category[]>([])
let asked: Promise<void> | null = null

const plain = (words: 'en' | 'zh'): Promise<Omit<Category, 'zh'>[]> => get('/api/categories', { language: words })

/** Asked for once in each language. */
export function loadCategories(): Promise<void> {
  asked ??= Promise.all([plain(language()), language() === 'zh' ? null : plain('zh')]).then(
    ([found, chinese]) => { categories.value = found.map((each, n) => ({ ...each, zh: chinese?.[n]?.name ?? each.name })) },
    (error: unknown) => {
      asked = null
      throw error
    },
  )
  return asked
}
watch(i18n.global.locale, () => {
  if (asked === null) return
  asked = null
  void loadCategories()
})

export const allCategories = categories
export const categoryWord = (code: string): string => categories.value.find((each) => each.code === code)?.name ?? code

const letters = new Map<string, string>()

/** The categories that fit what somebody has typed, the best first, at most `most`. */
export function findCategories(typed: string, most = 60): Category[] {
  const wanted = typed.trim().toLowerCase()
  const scored = categories.value.flatMap((each) => {
    const score = scoreOf(each, wanted)
    return score > 0 ? [{ each, score }] : []
  })
  return scored.sort((a, b) => b.score - a.score).slice(0, most).map(({ each }) => each)
}

function scoreOf(each: Category, wanted: string): number {
  if (!wanted) return 1
  const name = each.name.toLowerCase()
  if (each.code.toLowerCase().startsWith(wanted)) return 5
  if (name.startsWith(wanted)) return 4
  if ([name, each.zh, (each.group ?? '').toLowerCase()].some((some) => some.includes(wanted))) return 3
  if (!letters.has(each.zh)) letters.set(each.zh, initials(each.zh))
  return (letters.get(each.zh) ?? '').includes(wanted) ? 2 : 0
}

/** The units that could be given a case, the free first, then the nearest; none where one may not know. */
export async function unitsFor(id: string): Promise<UnitChoice[]> {
  try {
    return await get<UnitChoice[]>(`/api/cases/${encodeURIComponent(id)}/units`)
  } catch {
    return []
  }
}

/** Who is on duty and nearest to a case; nobody where that is not known, or one may not know. */
export async function crewsFor(id: string): Promise<CrewChoice[]> {
  try {
    const { case: row } = await get<{ case: { lon: number | null; lat: number | null } }>(`/api/cases/${encodeURIComponent(id)}`)
    return row.lon === null || row.lat === null ? [] : await get<CrewChoice[]>('/api/duty/nearest', { lon: row.lon, lat: row.lat })
  } catch {
    return []
  }
}
