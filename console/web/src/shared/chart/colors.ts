/** The colours of charts, out of the tokens, as they are in the theme that is shown: ECharts draws on a canvas. */

import { computed } from 'vue'

import { theme } from '@/shared/theme'

/** A token's value now: `token('accent')` is that of `--gw-accent`. Used inside `computed`, it follows the theme. */
export function token(name: string): string {
  void theme.value
  return getComputedStyle(document.documentElement).getPropertyValue(`--gw-${name}`).trim()
}

/** What parts of a chart have, in the theme that is shown. */
export const colors = computed(() => ({
  text: token('text'),
  soft: token('soft'),
  faint: token('faint'),
  line: token('line'),
  surface: token('surface'),
  raised: token('raised'),
  accent: token('accent'),
  good: token('good'),
  warn: token('warn'),
  bad: token('bad'),
  badSoft: token('bad-soft'),
  /** For series beside each other; they differ in lightness too. */
  series: [token('accent'), token('severe-3'), token('severe-1'), token('good'), token('severe-2'), token('severe-4'), token('faint')],
  severity: [0, 1, 2, 3, 4].map((level) => token(`severe-${level}`)),
  /** From nothing to much. */
  heat: [token('sunken'), token('accent-soft'), token('accent'), token('severe-3'), token('severe-4')],
  font: token('font') || 'sans-serif',
}))
