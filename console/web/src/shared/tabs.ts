/** Which tab of a page its address names. */

import { computed, type ComputedRef } from 'vue'
import { useRoute } from 'vue-router'

/** The route's `tab` where it is one of these; otherwise the first. */
export function useTab(tabs: Record<string, unknown>): ComputedRef<string> {
  const route = useRoute()
  const names = Object.keys(tabs)
  return computed(() => (names.includes(String(route.params['tab'])) ? String(route.params['tab']) : (names[0] ?? '')))
}
