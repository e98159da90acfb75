import { expect, test } from 'vitest'

import { plain } from './plain'

test.each([
  ['Füllstand 80 %', 'Füllstand 80 %'],
  ['<img src=x onerror=alert(1)>', '&#60;img src=x onerror=alert(1)&#62;'],
  [`"a" & 'b'`, '&#34;a&#34; &#38; &#39;b&#39;'],
])('%s is no markup', (text, html) => {
  expect(plain(text)).toBe(html)
})
