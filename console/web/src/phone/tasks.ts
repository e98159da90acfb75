/** What there is to do, as it was read last; and what is on its way about it. */

import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { ApiError, get } from '@/shared/api'
import { language } from '@/shared/i18n'
import { keep, kept } from './database'
import { useDuty } from './duty'
import { ordered } from './order'
import { useOutbox } from './outbox'

export interface Picture { location: string; kind: string; at: string | null; by: string }
export interface Remark { action: string; at: string; by: string; note: string }
export interface Task {
  kind: 'check' | 'verify' | 'handle'
  task: string
  mine: boolean
  asked: string | null
  case: string
  number: string
  state: string
  category: string
  category_name: string
  subject: string
  text: string
  address: string
  grid: string
  lon: number | null
  lat: number | null
  metres: number | null
  severity: number
  deadline: '' | 'warning' | 'overdue'
  due: string | null
  allowed: string[]
  pictures: Picture[]
  remarks: Remark[]
}
interface Tasks { at: string; tasks: Task[]; more: boolean }

export const useTasks = defineStore('tasks', () => {
  const duty = useDuty()
  const outbox = useOutbox()
  const read = ref<Task[]>([])
  const at = ref('')
  const more = ref(false)
  const loading = ref(false)
  const failed = ref('')
  let who = ''

  const tasks = computed(() => ordered(read.value, duty.place))
  const find = (id: string): Task | undefined => tasks.value.find((each) => each.case === id)
  /** What is on its way, or was refused, about a case. */
  const pending = (id: string) => outbox.items.filter((each) => each.about === id && each.state !== 'sent')

  async function open(name: string): Promise<void> {
    who = name
    const before = await kept<Tasks>(`tasks.${who}`)
    if (before && at.value === '') show(before)
    await load()
  }

  function show(found: Tasks): void {
    read.value = found.tasks
    at.value = found.at
    more.value = found.more
  }

  async function load(): Promise<void> {
    if (loading.value) return
    loading.value = true
    try {
      const asked = Date.now()
      const place = duty.place ? { lon: duty.place.lon, lat: duty.place.lat } : {}
      const found = await get<Tasks>('/api/mobile/tasks', { ...place, language: language() })
      outbox.ahead = Math.round((asked + Date.now()) / 2 - Date.parse(found.at)) / 1000
      outbox.reachable = true
      failed.value = ''
      show(found)
      await keep(`tasks.${who}`, found)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 0) outbox.reachable = false
      if (error.status === 401) outbox.signedOut = true
      failed.value = error.status === 0 || error.status === 401 ? '' : error.detail
    } finally {
      loading.value = false
    }
  }

  outbox.onSent(() => { void load() })

  return { tasks, at, more, loading, failed, find, pending, open, load }
})
