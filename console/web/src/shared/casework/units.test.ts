import { expect, test, vi } from 'vitest'

import { loadUnits, unitChoices, unitHint, unitWord } from './units'

test('units go by their names once those are known, ids are asked for once, and again after a failure', async () => {
  vi.useFakeTimers()
  const answers = [
    new Response('{}', { status: 503 }),
    new Response(JSON.stringify([{ id: 'u2', name: '城管二队' }, { id: 'u1', name: 'Cleansing' }]), { headers: { 'Content-Type': 'application/json' } }),
  ]
  const fetched = vi.fn(() => Promise.resolve(answers.shift() as Response))
  vi.stubGlobal('fetch', fetched)
  await Promise.all([loadUnits(), loadUnits()])
  expect([unitWord('u2'), unitHint('u2'), fetched.mock.calls.length]).toEqual(['u2', undefined, 1])
  vi.advanceTimersByTime(60_000)
  await loadUnits()
  await loadUnits()
  expect(fetched).toHaveBeenCalledTimes(2)
  expect([unitWord('u2'), unitHint('u2')]).toEqual(['城管二队', 'u2'])
  expect([unitWord('li'), unitHint('li')]).toEqual(['li', undefined])
  expect(unitChoices.value.map((each) => each.id).sort()).toEqual(['u1', 'u2'])
  vi.unstubAllGlobals()
  vi.useRealTimers()
})
