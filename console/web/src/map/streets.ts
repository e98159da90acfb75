/** The city's own streets, WGS-84, asked for once; again where that failed. Null: it has none. */

import type * as GeoJSON from 'geojson'

import { get } from '@/shared/api'

let asked: Promise<GeoJSON.FeatureCollection | null> | null = null

export function streetsOnce(): Promise<GeoJSON.FeatureCollection | null> {
  asked ??= get<GeoJSON.FeatureCollection>('/api/map/streets').catch(() => {
    asked = null
    return null
  })
  return asked
}
