import { describe, expect, it } from 'vitest'

import { faultIn, inside } from './ways'

describe('where one goes after the login', () => {
  it.each([
    ['/triage?x=1', '/triage?x=1'],
    ['https://elsewhere.example', '/'],
    ['//elsewhere.example', '/'],
    ['/\\elsewhere.example', '/'],
    ['/login?to=/login', '/'],
    ['javascript:alert(1)', '/'],
    [undefined, '/'],
  ])('%s', (to, where) => expect(inside(to)).toBe(where))
})

describe('a new password', () => {
  it.each([
    ['short', 'short', 'short'],
    ['aaaaaaaaaaaaab', 'aaaaaaaaaaaaab', 'plain'],
    ['my name is LI-wei', 'my name is LI-wei', 'named'],
    ['a long enough one', 'a long enough two', 'different'],
    ['a long enough one', 'a long enough one', ''],
  ])('%s', (password, again, fault) => expect(faultIn(password, again, 'li-wei')).toBe(fault))
})
