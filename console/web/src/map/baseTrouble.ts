/** Whether the base map can be had: what fails of it is asked for again from time to time, and people are told meanwhile. */

import type { Map as MapLibre } from 'maplibre-gl'
import { onScopeDispose, ref, type Ref } from 'vue'

const AGAIN = 15_000
/** Tiles that come sooner after one that failed don't mean that all is well. */
const WELL = 3_000

export interface BaseTrouble {
  failing: Ref<boolean>
  /** From now on; once for a map. */
  watch: (map: MapLibre) => void
}

export function useBaseTrouble(): BaseTrouble {
  const failing = ref(false)
  let timer = 0
  let failed = 0

  /** Everything else is given to the map by the page itself. */
  const isBase = (map: MapLibre, id: string | undefined): id is string =>
    id !== undefined && ['raster', 'vector'].includes(map.getSource(id)?.type ?? '')

  function again(map: MapLibre): void {
    timer = 0
    if (!failing.value) return
    timer = window.setTimeout(() => again(map), AGAIN)
    if (document.hidden) return
    for (const id of Object.keys(map.getStyle().sources)) if (isBase(map, id)) map.refreshTiles(id)
  }

  onScopeDispose(() => clearTimeout(timer))
  return {
    failing,
    watch(map) {
      map.on('error', (event) => {
        if (!isBase(map, (event as { sourceId?: string }).sourceId)) {
          console.error(event.error)
          return
        }
        failing.value = true
        failed = performance.now()
        timer ||= window.setTimeout(() => again(map), AGAIN)
      })
      map.on('sourcedata', ({ sourceId, tile }) => {
        const loaded = (tile as { state?: string } | undefined)?.state === 'loaded'
        if (failing.value && loaded && isBase(map, sourceId) && performance.now() - failed > WELL) failing.value = false
      })
    },
  }
}
