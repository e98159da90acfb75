/** The readings around a case as a chart: the column, what it was held against, and the case's own span. */

import type { ChartOption } from '@/shared/chart/Chart.vue'
import { colors } from '@/shared/chart/colors'
import { plain } from '@/shared/chart/plain'
import { clock, short } from '@/shared/times'

import type { Around, Line } from './types'

type Words = (key: string, values?: Record<string, unknown>) => string

/** Seconds of silence after which a line is not drawn on, as many times the usual. */
const BREAK = 6
const number = (value: number): string => String(Number(value.toPrecision(4)))

/** With a hole where nothing came for long, so that the line breaks there. */
function broken(points: [number, number][]): [number, number | null][] {
  const gaps = points.slice(1).map(([ts], at) => ts - (points[at]?.[0] ?? ts)).sort((a, b) => a - b)
  const usual = gaps[Math.floor(gaps.length * 0.9)] ?? Infinity
  return points.flatMap(([ts, value], at): [number, number | null][] => {
    const before = points[at - 1]?.[0]
    const hole: [number, number | null][] = before !== undefined && ts - before > Math.max(usual * BREAK, 60) ? [[(before + 1) * 1000, null]] : []
    return [...hole, [ts * 1000, value]]
  })
}

export function readingsOption(member: Around, line: Line, t: Words): ChartOption {
  const { accent, bad, badSoft, soft, text } = colors.value
  const last = Math.min(member.ended ?? member.until, member.until)
  const day = member.until - member.since > 86_400
  const values = [...line.points.map(([, value]) => value), ...line.limits.map((each) => each.value), ...(line.limit ?? []).map(([, value]) => value)]
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const low = least >= 0 && least < 0.5 * most ? 0 : least
  const dots = line.points.length <= 60
  const marks = line.limits.map((each) => ({ yAxis: each.value, name: each.name, label: { formatter: each.name, position: 'insideEndTop', color: bad } }))
  const confirmed = member.confirmed === null ? [] : [{ xAxis: member.confirmed * 1000, lineStyle: { color: soft, type: 'dotted' }, label: { show: false } }]
  return {
    grid: { left: 44, right: 14, top: 14, bottom: 22 },
    tooltip: {
      trigger: 'axis',
      formatter: (some: { seriesName: string; value: [number, number | null] }[]) =>
        [clock(some[0]?.value[0] ?? null), ...some.filter((each) => each.value[1] !== null).map((each) => `${plain(each.seriesName)} ${number(each.value[1] ?? 0)} ${plain(line.unit)}`)].join('\n'),
      extraCssText: 'white-space: pre-line',
    },
    xAxis: { type: 'time', min: member.since * 1000, max: member.until * 1000, splitLine: { show: false }, axisLabel: { hideOverlap: true, formatter: (ms: number) => (day ? short(ms) : clock(ms).slice(0, 5)) } },
    yAxis: { type: 'value', scale: low !== 0, min: low === 0 ? 0 : undefined, max: (axis: { max: number }) => Math.max(axis.max, most) * (most > 0 ? 1.04 : 1), splitNumber: 4, axisLabel: { formatter: (value: number) => number(value) } },
    series: [
      {
        name: line.name, type: 'line', data: broken(line.points), symbol: dots ? 'circle' : 'none', symbolSize: 5, lineStyle: { color: accent, width: 2 }, itemStyle: { color: accent }, z: 3,
        markArea: { silent: true, itemStyle: { color: badSoft, opacity: 0.75 }, label: { color: text, position: 'insideTopLeft', fontSize: 11 }, data: [[{ name: t('case.chart.case'), xAxis: member.started * 1000 }, { xAxis: last * 1000 }]] },
        markLine: { silent: true, symbol: 'none', animation: false, lineStyle: { color: bad, type: 'dashed', width: 1.5 }, data: [...marks, ...confirmed] },
      },
      ...(line.limit?.length
        ? [{ name: t('case.chart.limit'), type: 'line', step: 'end', data: broken(line.limit), symbol: 'none', lineStyle: { color: bad, type: 'dashed', width: 1.5 }, itemStyle: { color: bad }, z: 2 }]
        : []),
    ],
  }
}

/** What the chart shows, in a sentence. */
export function readingsLabel(member: Around, line: Line, t: Words): string {
  const values = line.points.map(([, value]) => value)
  const against = line.limits.map((each) => each.name).join(', ') || (line.limit?.length ? [...new Set(line.limit.map(([, value]) => number(value)))].slice(0, 4).join(', ') : '')
  return t('case.chart.label', {
    name: line.name, subject: member.subject, unit: line.unit, from: short(member.since * 1000), to: short(member.until * 1000),
    least: values.length ? number(Math.min(...values)) : '–', most: values.length ? number(Math.max(...values)) : '–',
    limits: against ? t('case.chart.limits', { limits: `${against} ${line.limits.length ? '' : line.unit}`.trim() }) : '',
  })
}
