/** On duty: the only time at which this phone says where it is, every so often, also later what it could not say. */

import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { ApiError, get, post, remove } from '@/shared/api'
import { all, drop, empty, keep, kept, put } from './database'
import type { Place } from './pictures'

export interface Duty {
  on: boolean
  started: string | null
  until: string | null
  ended: string | null
  why: '' | 'off' | 'silent' | 'over'
  placed: string | null
  /** Seconds: how often, how long without a position, how long kept. */
  every: number
  silent: number
  keep: number
}

interface Been extends Place { number: number; who: string }

const MOST = 500 // positions of a request

export const useDuty = defineStore('duty', () => {
  const duty = ref<Duty | null>(null)
  const place = ref<Place | null>(null)
  /** Why the phone does not say where it is: '' it does, or 'denied', 'unknown'. */
  const trouble = ref<'' | 'denied' | 'unknown'>('')
  const unsent = ref(0)
  const on = computed(() => duty.value?.on === true)
  let who = ''
  let timer = 0
  let sending = false

  /** Ask the phone where it is; only while on duty. */
  function locate(): void {
    if (!on.value) return
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        if (!on.value) return
        const { longitude, latitude, accuracy } = coords
        trouble.value = ''
        place.value = { lon: longitude, lat: latitude, accuracy: Number.isFinite(accuracy) ? accuracy : null }
        void put('places', { number: Date.now(), who, ...place.value }).then(tell)
      },
      (error) => { trouble.value = error.code === error.PERMISSION_DENIED ? 'denied' : 'unknown' },
      { enableHighAccuracy: true, maximumAge: 0, timeout: 25_000 },
    )
  }

  /** Say where this phone is and has been. */
  async function tell(): Promise<void> {
    if (sending || !on.value) return
    sending = true
    try {
      const been = (await all<Been>('places')).sort((a, b) => a.number - b.number).slice(-MOST)
      unsent.value = been.length
      if (been.length === 0) return
      const positions = been.map(({ number, lon, lat, accuracy }) => ({
        number, lon, lat, accuracy, age: Math.max(0, (Date.now() - number) / 1000),
      }))
      await post('/api/duty/positions', { positions })
      for (const each of been) await drop('places', each.number)
      unsent.value = 0
    } catch (error) {
      // No longer on duty: whatever this phone still has of where it was is let go.
      if (error instanceof ApiError && error.status === 409) await load()
      else if (!(error instanceof ApiError)) throw error
    } finally {
      sending = false
    }
  }

  function start(every: number): void {
    if (timer) return
    if (!('geolocation' in navigator)) {
      trouble.value = 'unknown'
      return
    }
    timer = window.setInterval(locate, every * 1000)
    locate()
  }

  async function stop(): Promise<void> {
    window.clearInterval(timer)
    timer = 0
    place.value = null
    trouble.value = ''
    unsent.value = 0
    await empty('places')
  }

  async function now(state: Duty): Promise<void> {
    duty.value = state
    await keep(`duty.${who}`, state)
    if (state.on) start(state.every)
    else await stop()
  }

  /** Of this person; where somebody else has been with this phone is let go. */
  async function open(name: string): Promise<void> {
    who = name
    for (const each of await all<Been>('places')) if (each.who !== who) await drop('places', each.number)
    await load()
  }

  /** Whether they have signed off, and the server has not been told yet. */
  const leaving = (): Promise<boolean | undefined> => kept<boolean>(`duty.off.${who}`)

  /** As the server knows it; without a network as this phone last knew it. */
  async function load(): Promise<void> {
    try {
      if (await leaving()) await off()
      else await now(await get<Duty>('/api/duty'))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 403) return // not somebody who goes on duty
      const before = await kept<Duty>(`duty.${who}`)
      if (before && duty.value === null) await now({ ...before, on: before.on && !(await leaving()) })
    }
  }

  async function signOn(): Promise<void> {
    await keep(`duty.off.${who}`, false)
    await now(await post<Duty>('/api/duty', {}))
  }

  async function off(): Promise<void> {
    await now(await remove<Duty>('/api/duty'))
    await keep(`duty.off.${who}`, false)
  }

  /** From this moment on nothing is located, whether or not the server can be told yet. */
  async function signOff(): Promise<void> {
    await tell()
    await keep(`duty.off.${who}`, true)
    if (duty.value) await now({ ...duty.value, on: false, why: 'off', ended: new Date().toISOString() })
    try {
      await off()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    }
  }

  window.addEventListener('online', () => { if (who) void load() })

  return { duty, place, trouble, unsent, on, open, signOn, signOff, tell }
})
