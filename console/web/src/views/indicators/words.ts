/** Names and numbers of indicators as people read them. */

import { language } from '@/shared/i18n'
import { lasting } from '@/shared/times'

import type { Catalogue, Count, Names, Rate } from './types'

export const named = (each: { zh: string; en: string } | undefined): string =>
  each === undefined ? '' : language() === 'zh' ? each.zh : each.en
export const means = (each: Count): string => (language() === 'zh' ? each.means_zh : each.means)
export const source = (each: Rate): string => (language() === 'zh' ? each.source_zh : each.source_en)

export const percent = (rate: number | null | undefined): string => (rate === null || rate === undefined ? '–' : `${(100 * rate).toFixed(1)} %`)
export const many = (count: number): string => new Intl.NumberFormat(language() === 'zh' ? 'zh-CN' : 'en').format(count)
export const took = (seconds: number | null): string => (seconds === null ? '–' : lasting(seconds))

/** "(handled in time + …) / due", in words. */
export function formula(rate: Rate, catalogue: Catalogue): string {
  const of = (ids: string[]): string => {
    const words = ids.map((id) => named(catalogue.counts.find((each) => each.id === id)))
    return words.length > 1 ? `(${words.join(' + ')})` : words.join('')
  }
  return `${of(rate.numerator)} ÷ ${of(rate.denominator)}`
}

/** What people call a group, else its id; '' is said to be none. */
export function groupName(by: Record<string, string>, names: Names, none: string): string {
  return Object.entries(by).map(([dimension, value]) => names[dimension]?.[value] ?? (value || none)).join(' · ')
}

/** Better, worse or neither, than before; in percentage points. */
export function change(rate: Rate, now: number | null | undefined, before: number | null | undefined): { text: string; tone: '' | 'good' | 'bad' } | null {
  if (now === null || now === undefined || before === null || before === undefined) return null
  const points = 100 * (now - before)
  if (Math.abs(points) < 0.05) return { text: '± 0', tone: '' }
  const tone = rate.better === '' ? '' : (points > 0) === (rate.better === 'higher') ? 'good' : 'bad'
  return { text: `${points > 0 ? '▲ +' : '▼ −'}${Math.abs(points).toFixed(1)}`, tone }
}
