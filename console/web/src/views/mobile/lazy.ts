/** The map is large: it is loaded when it is wanted. */

import { defineAsyncComponent } from 'vue'

import MapAway from './MapAway.vue'

export const SmallMap = defineAsyncComponent({
  loader: () => import('@/map/CityMap.vue'),
  errorComponent: MapAway,
  loadingComponent: MapAway,
  timeout: 30_000,
})
