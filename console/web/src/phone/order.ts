/** In which order somebody in the field works, as the server has it, from where the phone is now. */

import type { Place } from './pictures'
import type { Task } from './tasks'

const LATE = { overdue: 0, warning: 1, '': 2 } as const

/** metres on a sphere. */
export function metresBetween(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const rad = Math.PI / 180
  const s = Math.sin(((b.lat - a.lat) * rad) / 2) ** 2
    + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(s)))
}

/** As the server orders them, from where this phone is now: late first, then near, then soon. */
export function ordered(tasks: readonly Task[], place: Place | null): Task[] {
  const far = (task: Task): number | null =>
    place && task.lon !== null && task.lat !== null ? metresBetween(place, { lon: task.lon, lat: task.lat }) : null
  const due = (task: Task): number => (task.due ? Date.parse(task.due) : Infinity)
  return tasks
    .map((task) => ({ ...task, metres: far(task) }))
    .sort((a, b) =>
      LATE[a.deadline] - LATE[b.deadline]
      || compared(a.metres ?? Infinity, b.metres ?? Infinity)
      || compared(due(a), due(b))
      || b.severity - a.severity
      || (a.case < b.case ? -1 : 1))
}

const compared = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1)
