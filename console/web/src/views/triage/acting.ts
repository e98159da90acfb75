/** What is done to the case one is at, or to all that are chosen: at once where nothing has to be asked, else by a form. */

import { computed, ref, shallowRef } from 'vue'

import { ApiError, get } from '@/shared/api'
import { actionInfo, actionWord, isPlain, loadLife, mayTake, take, whyNot, type Taken, type Target } from '@/shared/casework/actions'
import { i18n } from '@/shared/i18n'
import { useMe } from '@/shared/me'

import type { Queue } from './queue'
import { say } from './say'
import type { Selection } from './selection'
import type { ListedCase, WholeCase } from './types'

export function useActing(queue: Queue, selection: Selection) {
  const { t } = i18n.global
  const me = useMe()
  const open = ref(false)
  const action = ref('')
  const targets = shallowRef<Target[]>([])
  const near = shallowRef<{ number: string; words: string }[]>([])
  const whole = shallowRef<WholeCase | null>(null)
  const busy = ref(false)
  loadLife().catch(() => undefined) // forms ask again, and say so

  const current = computed(() => queue.byId.get(selection.id.value))
  const chosen = computed<ListedCase[]>(() => {
    const ids = selection.checked.size ? [...selection.checked] : [selection.id.value]
    return ids.flatMap((id) => queue.byId.get(id) ?? [])
  })

  /** Rows that were chosen and never looked at are there, too. */
  async function ready(): Promise<void> {
    await queue.read([...selection.checked]).catch((error: unknown) => { queue.error.value = error })
  }

  async function act(name: string): Promise<void> {
    const info = actionInfo(name)
    if (!info || busy.value) return
    await ready()
    if (chosen.value.length === 0) return
    const several = chosen.value.length > 1
    const possible = chosen.value.filter((one) => mayTake(name, me.me?.roles ?? [], one.state))
    if (possible.length === 0) {
      say('warning', t('triage.notPossible', { action: actionWord(name) }))
      return
    }
    if (several && possible.length < chosen.value.length) say('info', t('triage.someOnly', { action: actionWord(name), n: possible.length, all: chosen.value.length }))
    targets.value = possible.map(({ id, number, revision }) => ({ id, number, revision }))
    action.value = name
    if (isPlain(info) && !OFFERS.has(name)) await atOnce(name)
    else {
      near.value = name === 'merge' || name === 'verdict' ? await alike(possible[0]) : []
      open.value = true
    }
  }

  async function atOnce(name: string): Promise<void> {
    busy.value = true
    try {
      done(await take(name, targets.value))
    } catch (error) {
      say('error', error instanceof ApiError && error.status !== 0 ? error.detail : t('shared.away'))
    }
    busy.value = false
  }

  /** After an answer: rows where they stand, what was refused and why, and on to the next. */
  function done(taken: Taken[]): void {
    const good = taken.filter((each) => each.status === 200 || each.status === 202)
    const bad = taken.filter((each) => each.status !== 200 && each.status !== 202)
    for (const each of taken) {
      const row = queue.byId.get(each.case)
      if (row && each.state !== null && each.revision !== null) queue.byId.set(each.case, { ...row, state: each.state, revision: each.revision })
    }
    for (const each of good) selection.checked.delete(each.case)
    if (good.length) say('success', t('casework.taken', { action: actionWord(action.value), n: good.length }))
    if (bad.length && !open.value) say('error', bad.length === 1 ? `${numberOf(bad[0])} ${whyNot(bad[0]!)}` : `${t('casework.notTaken', { n: bad.length })}: ${whyNot(bad[0]!)}`)
    queue.countSoon()
    if (good.some((each) => each.case === selection.id.value) && MOVES.has(action.value)) selection.move(1)
  }
  const numberOf = (taken: Taken | undefined): string => targets.value.find((each) => each.id === taken?.case)?.number ?? ''

  return { open, action, targets, near, whole, busy, current, chosen, ready, act, done }
}

/** After these, the next case is what one wants to see. */
const MOVES = new Set(['file', 'reject', 'dispatch', 'merge', 'check', 'close', 'verify', 'verified'])
/** Nothing must be given, and yet somebody may want to give something. */
const OFFERS = new Set(['check', 'verify', 'handled', 'verified'])

/** The cases that may be the same, for a list to choose from. */
async function alike(one: ListedCase | undefined): Promise<{ number: string; words: string }[]> {
  if (!one || one.lon === null || one.lat === null) return []
  const found = await get<{ case: string; metres: number; text: string | null; category: string }[]>('/api/duplicates', { lon: one.lon, lat: one.lat, category: one.category, text: one.text.slice(0, 4000) }).catch(() => [])
  return found.filter((each) => each.case !== one.number).map((each) => ({ number: each.case, words: `${Math.round(each.metres)} m · ${(each.text ?? each.category).slice(0, 40)}` }))
}
