/** The map that a component is in: `useCity()` in whatever stands in the slot of `<CityMap>`. */

import type { Map as MapLibre } from 'maplibre-gl'
import { inject, onMounted, onScopeDispose, type InjectionKey, type ShallowRef } from 'vue'

import type { Place } from './datum'
import type { MapSettings } from './settings'

export interface CityMap {
  /** null until it can be drawn on. */
  map: Readonly<ShallowRef<MapLibre | null>>
  settings: Readonly<ShallowRef<MapSettings | null>>
  /** WGS-84 to where it is drawn, in the datum of the base map; and back. */
  toMap: (lon: number, lat: number) => Place
  fromMap: (lon: number, lat: number) => Place
  /** GeoJSON coordinates, to where they are drawn. */
  shift: <T>(coordinates: T) => T
  /** Put layers there: now, and again whenever the ground is drawn anew (another theme). Ends by the function it gives. */
  draw: (put: (map: MapLibre) => void) => () => void
}

export const CITY: InjectionKey<CityMap> = Symbol('city map')

export function useCity(): CityMap {
  const city = inject(CITY)
  if (!city) throw new Error('expected to be inside a CityMap')
  return city
}

/** `draw`, once the component is there and until it is gone. */
export function useLayers(put: (map: MapLibre) => void): void {
  const city = useCity()
  let end = (): void => undefined
  onMounted(() => { end = city.draw(put) })
  onScopeDispose(() => end())
}
