import { expect, test } from 'vitest'

import { fits } from './fits'
import { nothingWanted, type ListedCase, type Wanted } from './types'

const at = (second: number): string => new Date(1_780_000_000_000 + second * 1000).toISOString()
const some = (id: string, different: Partial<ListedCase> = {}): ListedCase =>
  ({
    id, number: `N-${id}`, state: 'filed', severity: 2, opened: at(0), filed: at(1), file_due: null, due: at(100), deadline: '', category: '06042',
    responsible: '', officer: '', subject: '', text: '', place: '', address: '', storm: null, ...different,
  }) as ListedCase

test.each<[string, Partial<ListedCase>, Partial<Wanted>, boolean]>([
  ['all', {}, {}, true],
  ['closed', { state: 'closed' }, {}, false],
  ['severity', { severity: 3 }, { severity: 3 }, true],
  ['not as grave', {}, { severity: 3 }, false],
  ['category that begins so', {}, { category: ['060*'] }, true],
  ['another category', {}, { category: ['0604'] }, false],
  ['text', { address: '朝晖路 12 号' }, { text: '朝晖' }, true],
  ['no such text', {}, { text: '朝晖' }, false],
  ['mine by my unit', { responsible: 'u1' }, { mine: true }, true],
  ['not mine', { responsible: 'u2' }, { mine: true }, false],
  ['a storm', { storm: 's' }, { storm: '*' }, true],
  ['no storm', {}, { storm: '*' }, false],
])('fits: %s', (_, different, wanted, yes) => {
  expect(fits(some('a', different), { ...nothingWanted(), ...wanted }, { name: 'wang', unit: 'u1' })).toBe(yes)
})
