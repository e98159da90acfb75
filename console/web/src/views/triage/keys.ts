/** Keys of the queue: each does one thing, and none while somebody types or a dialog is open. */

import { onBeforeUnmount, onMounted } from 'vue'

export interface Key { keys: string[]; /** Its words: `triage.keys.<name>`. */ name: string; run: (event: KeyboardEvent) => void }

const TYPES = new Set(['INPUT', 'TEXTAREA', 'SELECT'])

function busy(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement | null
  if (at?.isContentEditable || (at && TYPES.has(at.tagName) && (at as HTMLInputElement).type !== 'checkbox')) return true
  return document.querySelector('.el-overlay:not([style*="display: none"], .dialog-fade-leave-active)') !== null
}

export function useKeys(keys: readonly Key[]): void {
  const byKey = new Map(keys.flatMap((each) => each.keys.map((key) => [key, each] as const)))
  function pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || busy(event)) return
    // A button in focus does its own thing by Enter and Space.
    if ((event.key === 'Enter' || event.key === ' ') && (event.target as HTMLElement | null)?.closest('a, button, [role="button"]')) return
    const found = byKey.get(event.key)
    if (!found) return
    event.preventDefault()
    found.run(event)
  }
  onMounted(() => addEventListener('keydown', pressed))
  onBeforeUnmount(() => removeEventListener('keydown', pressed))
}
