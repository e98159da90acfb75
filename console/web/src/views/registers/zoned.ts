/** Moments as people write them in a form, in the city's zone: '2026-03-01 08:00'. */

function offset(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit',
    hour: '2-digit', minute: '2-digit', second: '2-digit',
  }).formatToParts(at)
  const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map(
    (type) => Number(parts.find((part) => part.type === type)?.value),
  ) as [number, number, number, number, number, number]
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000
}

/** ISO 8601 to what stands in a form; '' for no time. */
export function written(iso: string | null, zone: string): string {
  if (!iso) return ''
  const at = Date.parse(iso)
  const local = new Date(at + offset(at, zone)).toISOString()
  return local.slice(0, 10) + ' ' + (local.slice(17, 19) === '00' ? local.slice(11, 16) : local.slice(11, 19))
}

/** What stands in a form to ISO 8601 with an offset; null where it is no time. */
export function moment(text: string, zone: string): string | null {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(text.trim())
  if (!match) return null
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number, number, number, number, number, number,
  ]
  const local = Date.UTC(year, month - 1, day, hour, minute, second)
  if (Number.isNaN(local) || new Date(local).getUTCDate() !== day) return null
  let at = local - offset(local, zone)
  at = local - offset(at, zone)
  return new Date(at).toISOString()
}
