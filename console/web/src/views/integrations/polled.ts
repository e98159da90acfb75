/** Something that is asked for again every few seconds while the page is looked at; what is shown stays until then. */

import { onScopeDispose, ref } from 'vue'

export function usePolled<T>(asks: () => Promise<T>, seconds: number) {
  const answer = ref<T | null>(null)
  const trouble = ref<unknown>(null)
  let timer = 0
  let number = 0
  let gone = false

  async function load(): Promise<void> {
    window.clearTimeout(timer)
    const mine = ++number
    try {
      const said = await asks()
      if (mine === number) {
        answer.value = said
        trouble.value = null
      }
    } catch (error) {
      if (mine === number) trouble.value = error
    }
    if (mine === number && !gone) timer = window.setTimeout(() => void again(), seconds * 1000)
  }
  async function again(): Promise<void> {
    if (document.visibilityState === 'visible') return load()
    timer = window.setTimeout(() => void again(), seconds * 1000)
  }
  void load()
  onScopeDispose(() => {
    gone = true
    number++
    window.clearTimeout(timer)
  })
  return { answer, trouble, load }
}

/** 12.3 GB */
export function bytes(count: number | null): string {
  if (count === null) return '–'
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const at = count > 0 ? Math.min(Math.floor(Math.log10(count) / 3), units.length - 1) : 0
  return `${(count / 1000 ** at).toFixed(at > 1 ? 1 : 0)} ${units[at]}`
}
