/** Zones that are being edited: what is changed, undone and done again; what is wrong; what is saved. */

import { computed, ref, shallowRef, watch } from 'vue'

import { post, put } from '@/shared/api'

import { area, faultOf, freeName, type Fault } from './polygons'
import { route, type Point, type Tried, type Wrong, type Zone, type Zones } from './types'

type Drawn = Record<string, Zone>
const STEPS = 100
const PAUSE = 500

const plain = (zones: Drawn): Drawn => JSON.parse(JSON.stringify(zones)) as Drawn

export function useEditing(id: string, begin: Zones) {
  const zones = ref<Drawn>(plain(begin.zones))
  const revision = ref(begin.revision)
  const drawn = ref(begin.drawn)
  const saved = shallowRef(JSON.stringify(begin.zones))
  const before = shallowRef<string[]>([])
  const after = shallowRef<string[]>([])
  const selected = ref<string>(Object.keys(begin.zones)[0] ?? '')
  const tried = shallowRef<Tried>({ faults: [], warnings: [] })
  let timer = 0
  let asked = 0

  const changed = computed(() => JSON.stringify(zones.value) !== saved.value)
  const faults = computed(() => Object.fromEntries(
    Object.entries(zones.value).flatMap(([name, zone]) => {
      const fault = faultOf(zone.corners)
      return fault ? [[name, fault]] : []
    }),
  ) as Record<string, Fault>)
  const good = computed(() => Object.keys(faults.value).length === 0)

  /** Remember how it is, before it changes. */
  function step(): void {
    before.value = [...before.value, JSON.stringify(zones.value)].slice(-STEPS)
    after.value = []
  }
  function go(from: typeof before, to: typeof before): void {
    const last = from.value.at(-1)
    if (last === undefined) return
    to.value = [...to.value, JSON.stringify(zones.value)]
    from.value = from.value.slice(0, -1)
    zones.value = JSON.parse(last) as Drawn
    if (!(selected.value in zones.value)) selected.value = Object.keys(zones.value)[0] ?? ''
  }
  const undo = (): void => go(before, after)
  const redo = (): void => go(after, before)

  /** One change of a zone; `first`: it is the beginning of one, such as of a drag. */
  function set(name: string, part: Partial<Zone>, first = true): void {
    const zone = zones.value[name]
    if (!zone) return
    if (first) step()
    zones.value = { ...zones.value, [name]: { ...zone, ...part } }
  }
  function add(corners: Point[], preset: string): string {
    step()
    const name = freeName(zones.value)
    zones.value = { ...zones.value, [name]: { corners, about: '', preset } }
    selected.value = name
    return name
  }
  function remove(name: string): void {
    step()
    zones.value = Object.fromEntries(Object.entries(zones.value).filter(([each]) => each !== name))
    if (selected.value === name) selected.value = Object.keys(zones.value)[0] ?? ''
  }
  /** False: another has this name, or it is none. */
  function rename(name: string, to: string): boolean {
    if (to === name) return true
    if (!to || to.length > 80 || to in zones.value) return false
    step()
    zones.value = Object.fromEntries(Object.entries(zones.value).map(([each, zone]) => [each === name ? to : each, zone]))
    selected.value = to
    return true
  }

  /** What the server's checks say, a moment after the last change. */
  async function check(): Promise<void> {
    const number = ++asked
    const found = await post<Tried>(`${route(id)}/zones/try`, { zones: zones.value })
    if (number === asked) tried.value = found
  }
  watch(zones, () => {
    clearTimeout(timer)
    if (good.value && changed.value) timer = window.setTimeout(() => { check().catch(() => undefined) }, PAUSE)
    else {
      asked += 1
      tried.value = { faults: [], warnings: [] }
    }
  }, { deep: true })

  function adopt(now: Zones): void {
    zones.value = plain(now.zones)
    saved.value = JSON.stringify(now.zones)
    revision.value = now.revision
    drawn.value = now.drawn
    before.value = []
    after.value = []
    if (!(selected.value in now.zones)) selected.value = Object.keys(now.zones)[0] ?? ''
  }
  async function save(note: string): Promise<Wrong[]> {
    const now = await put<Zones>(`${route(id)}/zones`, { zones: zones.value, revision: revision.value, note })
    adopt(now)
    return now.warnings
  }
  async function restore(back: number): Promise<void> {
    adopt(await post<Zones>(`${route(id)}/zones/restore`, { back_to: back, revision: revision.value }))
  }
  const shareOf = (name: string): number => area(zones.value[name]?.corners ?? [])

  return {
    zones, revision, drawn, selected, changed, faults, good, tried, shareOf,
    canUndo: computed(() => before.value.length > 0), canRedo: computed(() => after.value.length > 0),
    undo, redo, step, set, add, remove, rename, save, restore, adopt,
  }
}

export type Editing = ReturnType<typeof useEditing>
