import { expect, test } from 'vitest'

import { initials } from './pinyin'

test.each([
  ['垃圾箱满溢', 'ljxmy'],
  ['井盖破损', 'jgps'],
  ['乱倒渣土', 'ldzt'],
  ['A类 道路', 'al dl'],
  ['', ''],
])('%s is %s', (text, letters) => {
  expect(initials(text)).toBe(letters)
})
