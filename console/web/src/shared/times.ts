/** Times as people read them: in the city's zone, 24 hours. All take ISO 8601 text or milliseconds. */

import { readonly, ref } from 'vue'

import { language } from '@/shared/i18n'
import { useMe } from '@/shared/me'

type When = string | number | null | undefined

const _now = ref(Date.now())
setInterval(() => { _now.value = Date.now() }, 1000)
/** Milliseconds, each second anew: what counts down uses it. */
export const now = readonly(_now)

const millis = (when: string | number): number => (typeof when === 'number' ? when : Date.parse(when))

function formatted(when: When, options: Intl.DateTimeFormatOptions): string {
  if (when === null || when === undefined || when === '') return '–'
  const locale = language() === 'zh' ? 'zh-CN' : 'en-GB'
  return new Intl.DateTimeFormat(locale, { timeZone: useMe().zone, hourCycle: 'h23', ...options }).format(millis(when))
}

/** 14:03:21 */
export const clock = (when: When): string => formatted(when, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
/** 22 Nov 14:03 */
export const short = (when: When): string =>
  formatted(when, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
/** 22 Nov 2026 14:03:21 */
export const full = (when: When): string =>
  formatted(when, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' })
/** 22 Nov 2026 */
export const day = (when: When): string => formatted(when, { year: 'numeric', month: 'short', day: 'numeric' })

/** A length of time in the two largest units: 2 h 5 min, 45 s, 3 d 4 h. seconds: its sign is not shown. */
export function lasting(seconds: number): string {
  const zh = language() === 'zh'
  const units: [number, string][] = zh
    ? [[86400, '天'], [3600, '小时'], [60, '分'], [1, '秒']]
    : [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']]
  let left = Math.round(Math.abs(seconds))
  const at = units.findIndex(([size]) => left >= size)
  if (at < 0) return zh ? '0 秒' : '0 s'
  const parts: string[] = []
  for (const [size, word] of units.slice(at, at + 2)) {
    const many = Math.floor(left / size)
    left -= many * size
    if (many > 0) parts.push(zh ? `${many}${word}` : `${many} ${word}`)
  }
  return parts.join(' ')
}

/** How long ago it was: "5 min ago", "5 分钟前". */
export function ago(when: When): string {
  if (when === null || when === undefined || when === '') return '–'
  const said = lasting((now.value - millis(when)) / 1000)
  return language() === 'zh' ? `${said}前` : `${said} ago`
}
