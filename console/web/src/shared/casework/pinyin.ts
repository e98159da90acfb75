/**
 * The first letters of the pinyin of Chinese text: 垃圾箱满溢 → 'ljxmy'.
 *
 * By the order in which the language's own collation has characters: each letter begins at a known one. Characters with
 * several readings get their commonest; other characters stay as they are.
 */

const LETTERS = 'abcdefghjklmnopqrstwxyz'
/** The first character of each letter, in the order of pinyin. */
const FIRST = [...'阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥仨他穵夕丫帀']
const order = new Intl.Collator('zh-Hans-CN-u-co-pinyin')

export function initials(text: string): string {
  return [...text].map((each) => (/\p{Script=Han}/u.test(each) ? letter(each) : each.toLowerCase())).join('')
}

function letter(character: string): string {
  let at = 0
  while (at + 1 < FIRST.length && order.compare(FIRST[at + 1] ?? '', character) <= 0) at += 1
  return LETTERS[at] ?? character
}
