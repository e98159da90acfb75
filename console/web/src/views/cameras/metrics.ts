/** What watchers measure, as it is called: `cameras.metric.…`, or the metric's own name. */

import { i18n } from '@/shared/i18n'

import type { Reading } from './types'

const GOOD = 0.1
/** Shares of a fault: below it the picture is as it should be (cameras/watchers/scene_health.py). */
const HEALTH = 'health_'

export function metricWord(metric: string): string {
  const key = `cameras.metric.${metric}`
  return i18n.global.te(key) ? i18n.global.t(key) : metric.replace(HEALTH, '').replaceAll('_', ' ')
}

/** What is worth a line; and whether all that is measured of the picture itself is good. */
export function worth(readings: Reading[]): { lines: Reading[]; good: boolean } {
  const well = (each: Reading): boolean => each.metric.startsWith(HEALTH) && Math.abs(each.value) < GOOD
  const health = readings.filter((each) => each.metric.startsWith(HEALTH))
  return { lines: readings.filter((each) => !well(each)), good: health.length > 0 && health.every(well) }
}
