/** The bytes of GET /api/positions as columns; console/positions.py says what they are. */

export interface Positions {
  run: number
  /** For `since` of the next question. */
  cursor: string
  /** All there is; false: what has come since the cursor. */
  whole: boolean
  /** UTC seconds that ages count from. */
  now: number
  count: number
  number: Uint32Array
  lon: Int32Array
  lat: Int32Array
  age: Uint16Array
  heading: Uint8Array
  speed: Uint8Array
  state: Uint8Array
}

const HEAD = 32
const MAGIC = 0x47575031 // GWP1

/** Raises RangeError for anything else. All machines that browsers run on are little-endian, as the bytes are. */
export function decode(bytes: ArrayBuffer): Positions {
  const view = new DataView(bytes)
  if (bytes.byteLength < HEAD || view.getUint32(0) !== MAGIC) throw new RangeError('expected positions')
  const count = view.getUint32(4, true)
  const run = view.getUint32(8, true)
  const cursor = view.getUint32(16, true) * 2 ** 32 + view.getUint32(12, true)
  if (bytes.byteLength !== HEAD + count * 17) throw new RangeError('expected columns as long as each other')
  let at = HEAD
  const take = (size: number): [ArrayBuffer, number, number] => {
    const from = at
    at += count * size
    return [size === 2 ? bytes.slice(from, at) : bytes, size === 2 ? 0 : from, count]
  }
  return {
    run, cursor: `${run}.${cursor}`, whole: view.getUint32(20, true) === 1, now: view.getFloat64(24, true), count,
    number: new Uint32Array(...take(4)), lon: new Int32Array(...take(4)), lat: new Int32Array(...take(4)),
    age: new Uint16Array(...take(2)), heading: new Uint8Array(...take(1)), speed: new Uint8Array(...take(1)),
    state: new Uint8Array(...take(1)),
  }
}
