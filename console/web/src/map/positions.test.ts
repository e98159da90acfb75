import { describe, expect, it } from 'vitest'

import { decode } from './positions'

function bytes(count: number, columns: number): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(32 + columns))
  new TextEncoder().encode('GWP1').forEach((each, at) => view.setUint8(at, each))
  ;[count, 77, 5, 1, 1].forEach((each, at) => view.setUint32(4 + at * 4, each, true))
  view.setFloat64(24, 1780000000.5, true)
  return view.buffer
}

describe('positions', () => {
  it('are read column by column', () => {
    const buffer = bytes(3, 51)
    const view = new DataView(buffer)
    for (let n = 0; n < 3; n++) {
      view.setUint32(32 + n * 4, n + 7, true)
      view.setInt32(44 + n * 4, -1e7 * n, true)
      view.setInt32(56 + n * 4, 1e7 * n, true)
      view.setUint16(68 + n * 2, 600 + n, true)
      view.setUint8(74 + n, 64)
      view.setUint8(77 + n, 255 - n)
      view.setUint8(80 + n, n)
    }
    const some = decode(buffer)
    expect([some.run, some.cursor, some.whole, some.now]).toEqual([77, `77.${2 ** 32 + 5}`, true, 1780000000.5])
    expect([...some.number]).toEqual([7, 8, 9])
    expect([...some.lon]).toEqual([-0, -1e7, -2e7].map((each) => each + 0))
    expect([...some.lat]).toEqual([0, 1e7, 2e7])
    expect([...some.age]).toEqual([600, 601, 602])
    expect([...some.speed]).toEqual([255, 254, 253])
    expect([...some.state]).toEqual([0, 1, 2])
  })

  it.each([['nothing', new ArrayBuffer(0)], ['text', new TextEncoder().encode('{"detail": "no, and that is long enough"}').buffer], ['half', bytes(3, 20)]])(
    'are refused: %s', (_, buffer) => { expect(() => decode(buffer as ArrayBuffer)).toThrow(RangeError) })
})
