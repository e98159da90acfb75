/** Who is logged in, and what they may do. */

import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { ApiError, get, post, setCsrf } from '@/shared/api'

export type Permission =
  | 'see_cases' | 'see_evidence' | 'see_registers' | 'edit_registers' | 'edit_cameras' | 'edit_rules'
  | 'see_indicators' | 'keep_shifts' | 'see_health' | 'mend_sinks' | 'on_duty' | 'see_tracks' | 'administer'

export interface Me {
  name: string
  shown: string
  roles: string[]
  permissions: Permission[]
  unit: string
  areas: string[]
  language: string
  csrf: string
  city: string
  time_zone: string
  must_change_password: boolean
  /** Otherwise they came by a link, and choose a password without saying the old one. */
  knows_password: boolean
}

export const useMe = defineStore('me', () => {
  const me = ref<Me | null>(null)
  const city = computed(() => me.value?.city ?? '')
  const zone = computed(() => me.value?.time_zone ?? 'UTC')

  /** Ask the server; null: nobody is logged in. */
  async function load(): Promise<Me | null> {
    try {
      me.value = await get<Me>('/api/me')
      setCsrf(me.value.csrf)
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error
      me.value = null
    }
    return me.value
  }

  function may(permission?: Permission): boolean {
    return permission === undefined || (me.value?.permissions.includes(permission) ?? false)
  }

  async function logout(): Promise<void> {
    await post('/api/logout')
    me.value = null
  }

  return { me, city, zone, load, may, logout }
})
