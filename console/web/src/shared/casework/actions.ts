/**
 * What may be done to a case: which data each action needs (GET /api/actions), and doing it, to one case or to many.
 *
 * `take` never throws for what the desk refuses: each case has its own answer, with why, in plain words.
 */

import { computed, shallowRef } from 'vue'

import { get, post } from '@/shared/api'

import { actionWord, lastWords, type Last } from './words'

export { actionWord }

export interface ActionInfo {
  name: string
  zh: string
  about: 'case' | 'city'
  roles: string[]
  /** Where it is possible. */
  states: string[]
  to: string | null
  needs: string[]
  may: string[]
  /** Whether it must say why. */
  note: boolean
  /** Whether there is no whole way back. */
  final: boolean
}
export interface Life {
  actions: ActionInfo[]
  states: { name: string; en: string; zh: string; ended: boolean }[]
  asks: string[]
  verdicts: string[]
  levels: string[]
}

const life = shallowRef<Life | null>(null)
let asked: Promise<Life> | null = null

/** Asked for once. */
export async function loadLife(): Promise<Life> {
  asked ??= get<Life>('/api/actions').catch((error: unknown) => {
    asked = null
    throw error
  })
  life.value = await asked
  return life.value
}

const known = computed(() => new Map(life.value?.actions.map((each) => [each.name, each]) ?? []))
export const actionInfo = (name: string): ActionInfo | undefined => known.value.get(name)

/** What an operator reaches for first, and the rest behind it; those of the pipeline alone are nobody's. */
export const ORDER = [
  'file', 'dispatch', 'approve', 'refuse', 'accept', 'checked', 'reject', 'check', 'handled', 'verify', 'verified', 'close', 'rework', 'return', 'recall', 'resume',
  'merge', 'split', 'undo', 'urge', 'assign', 'call', 'ask', 'verdict', 'correct', 'comment', 'attach', 'reopen',
] as const

/** Of what somebody may do now, as the server says it: in the order in which it is offered. */
export function inOrder(allowed: readonly string[]): string[] {
  const at = (name: string): number => (ORDER as readonly string[]).indexOf(name)
  return allowed.filter((name) => at(name) >= 0).sort((a, b) => at(a) - at(b))
}

/** Whether somebody with these roles may do it to a case in this state; the server has the last word. */
export function mayTake(name: string, roles: readonly string[], state: string): boolean {
  const info = actionInfo(name)
  if (!info || !info.states.includes(state)) return false
  const own = roles.includes('operator') ? [...roles, 'acceptor', 'dispatcher'] : roles
  return info.roles.some((role) => own.includes(role))
}

export type FieldKind =
  | 'text' | 'long' | 'person' | 'unit' | 'units' | 'category' | 'severity' | 'yesno' | 'photos' | 'case' | 'members' | 'ask' | 'time' | 'approval' | 'verdict'
export interface Field { key: string; kind: FieldKind; required: boolean }

const KINDS: Record<string, FieldKind> = {
  collector: 'person', officer: 'person',
  unit: 'unit', units: 'units', helpers: 'units', category: 'category', severity: 'severity', found: 'yesno', photos: 'photos', files: 'photos',
  into: 'case', of: 'case', members: 'members', what: 'ask', until: 'time', approval: 'approval', verdict: 'verdict', reply: 'long', text: 'long',
}
/** What `correct` changes, of the fields that it may. */
const CORRECTED = ['category', 'severity', 'text', 'address']

/** What a form for an action asks for, but for the note. */
export function fieldsOf(info: ActionInfo): Field[] {
  const field = (key: string, required: boolean): Field => ({ key, kind: KINDS[key] ?? 'text', required })
  if (info.name === 'correct') return CORRECTED.map((key) => field(key, false))
  return [...info.needs.map((key) => field(key, true)), ...info.may.filter((key) => key !== 'mode').map((key) => field(key, false))]
}

/** Whether it can be done at once, without a form. */
export const isPlain = (info: ActionInfo): boolean => !info.note && !info.final && info.needs.length === 0

export interface Target { id: string; number: string; revision: number }
export interface Taken {
  case: string
  status: number
  id: string | null
  state: string | null
  revision: number | null
  why: string
  allowed: string[]
  last: Last | null
}

const MANY = 200
/** What one adds to a case holds whatever has happened to it meanwhile. */
const ADDS = new Set(['comment', 'attach', 'urge', 'verdict'])

/** Do it to one case or to many; the answers in the order of the cases. Raises ApiError where the server can't be asked. */
export async function take(action: string, targets: readonly Target[], note = '', data: Record<string, unknown> = {}): Promise<Taken[]> {
  const key = crypto.randomUUID()
  const found: Taken[] = []
  for (let from = 0; from < targets.length; from += MANY) {
    const steps = targets.slice(from, from + MANY).map((each) => ({
      case: each.id, action, note, data, key, ...(ADDS.has(action) ? {} : { revision: each.revision }),
    }))
    found.push(...(await post<{ steps: Taken[] }>('/api/cases/steps', { steps })).steps)
  }
  return found
}

/** Why it was not done: who was quicker, or what the desk says. */
export const whyNot = (taken: Taken): string => (taken.last ? lastWords(taken.last) : taken.why)
