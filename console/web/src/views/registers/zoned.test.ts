import { describe, expect, it } from 'vitest'

import { moment, written } from './zoned'

describe('moments of a form', () => {
  it.each([
    ['2026-03-01 08:00', 'Asia/Shanghai', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01', 'Asia/Shanghai', '2026-02-28T16:00:00.000Z'],
    ['2026-07-01 00:00:30', 'Europe/Berlin', '2026-06-30T22:00:30.000Z'],
    ['2026-03-29 03:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
  ])('%s in %s', (text, zone, iso) => {
    expect(moment(text, zone)).toBe(iso)
    expect(moment(written(iso, zone), zone)).toBe(iso)
  })
  it.each(['', 'tomorrow', '2026-02-31', '2026-13-01x'])('%s is none', (text) => {
    expect(moment(text, 'UTC')).toBeNull()
  })
  it('says nothing of no time', () => expect(written(null, 'UTC')).toBe(''))
})
