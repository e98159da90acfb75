/** What the administration's API answers; in step with console/admin*.py and console/login_me.py. */

import type { Permission } from '@/shared/me'

export interface User {
  id: string
  name: string
  shown: string
  roles: string[]
  unit: string
  areas: string[]
  language: '' | 'zh' | 'en'
  disabled: boolean
  must_change: boolean
  has_password: boolean
  oidc: boolean
  made: string
  made_by: string
  last_login: string | null
}

export interface Role {
  name: string
  permissions: Permission[]
}

export interface Session {
  id: string
  name: string
  made: string
  seen: string
  by: 'password' | 'link' | 'oidc'
  address: string
  agent: string
  own: boolean
}

export interface Token {
  id: string
  source: 'configuration' | 'console'
  name: string
  roles: string[]
  unit: string
  areas: string[]
  channel: string
  made: string | null
  made_by: string
  until: string | null
  used: string | null
  ended: string | null
  ended_by: string
}

export interface Entry {
  number: number
  at: string
  who: string
  action: string
  about: string
  address: string
  data: Record<string, unknown>
}

export interface Fault {
  file: string
  line: number
  key: string
  problem: string
}

export interface Looked {
  taken: boolean
  faults: Fault[]
  warnings: Fault[]
  /** Keys that are different and count only from the next start on. */
  restart: string[]
}

/** What is shown once. */
export interface Secret {
  name: string
  secret: string
  kind: 'password' | 'token'
}

/** A browser's name, as short as people say it: "Chrome, Windows". */
export function browser(agent: string): string {
  const known: [string, RegExp][] = [
    ['Edge', /Edg\//], ['Opera', /OPR\//], ['WeChat', /MicroMessenger/], ['Firefox', /Firefox\//],
    ['Chrome', /Chrome\//], ['Safari', /Safari\//],
  ]
  const systems: [string, RegExp][] = [
    ['Android', /Android/], ['HarmonyOS', /HarmonyOS|OpenHarmony/], ['iOS', /iPhone|iPad/], ['Windows', /Windows/],
    ['macOS', /Mac OS X/], ['Linux', /Linux/],
  ]
  const named = (from: [string, RegExp][]): string => from.find(([, pattern]) => pattern.test(agent))?.[0] ?? ''
  return [named(known), named(systems)].filter(Boolean).join(', ') || agent.slice(0, 40) || '–'
}
