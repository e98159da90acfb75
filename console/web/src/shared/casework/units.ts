/** What units are called, for lists that have their ids: asked for once; where that failed, again after a while. */

import { computed, shallowRef } from 'vue'

import { get } from '@/shared/api'

const names = shallowRef<Record<string, string>>({})
let asked: Promise<void> | null = null
const AGAIN = 60_000

export function loadUnits(): Promise<void> {
  asked ??= get<{ id: string; name: string }[]>('/api/units').then(
    (found) => { names.value = Object.fromEntries(found.map((each) => [each.id, each.name])) },
    () => { globalThis.setTimeout(() => { asked = null }, AGAIN) }, // ids are shown meanwhile
  )
  return asked
}

/** What the unit is called; whoever else is named stays as it is. */
export const unitWord = (id: string): string => names.value[id] ?? id
/** What is small or hidden beside the name: the id, where it says more than what is shown. */
export const unitHint = (id: string): string | undefined => (unitWord(id) === id ? undefined : id)

export const unitChoices = computed(() =>
  Object.entries(names.value).map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name)))
