import { describe, expect, it } from 'vitest'

import { fromWgs84, shifted, toWgs84, type Datum, type Place } from './datum'

/** lon, lat in WGS-84; then in GCJ-02 and in BD-09, by `pipeline.geo.from_wgs84`; tests/console/test_layers_datum.py. */
import values from './datum.values.json'

describe('the same numbers as the pipeline', () => {
  it.each(values as [Place, Place, Place][])('%s', (wgs, gcj, bd) => {
    for (const [datum, there] of [['GCJ-02', gcj], ['BD-09', bd], ['WGS-84', wgs], ['CGCS2000', wgs]] as [Datum, Place][]) {
      const [lon, lat] = fromWgs84(...wgs, datum)
      expect(Math.abs(lon - there[0])).toBeLessThan(1e-9)
      expect(Math.abs(lat - there[1])).toBeLessThan(1e-9)
      const [backLon, backLat] = toWgs84(...there, datum)
      expect(Math.abs(backLon - wgs[0])).toBeLessThan(2e-9)
      expect(Math.abs(backLat - wgs[1])).toBeLessThan(2e-9)
    }
  })
})

describe('GeoJSON coordinates', () => {
  it('are shifted at any depth', () => {
    const place: Place = [121.47, 31.23]
    expect(shifted([[place, place]], 'GCJ-02')).toEqual([[fromWgs84(...place, 'GCJ-02'), fromWgs84(...place, 'GCJ-02')]])
    expect(shifted([place], 'WGS-84')).toEqual([place])
  })
})
