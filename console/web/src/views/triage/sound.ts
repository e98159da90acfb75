/**
 * A sound for severe cases: two soft tones, made here. Off until somebody turns it on, and remembered.
 *
 * A browser lets a page sound only after somebody has done something on it: until then `waits` says so.
 */

import { onScopeDispose, ref } from 'vue'

const KEY = 'gridwatch.triage.sound'
/** Severity from which on a case sounds. */
export const SEVERE = 4
const QUIET = 3_000

let context: AudioContext | null = null

export function useSound(): { on: ReturnType<typeof ref<boolean>>; waits: ReturnType<typeof ref<boolean>>; toggle: () => void; severe: () => void } {
  const on = ref(localStorage.getItem(KEY) === 'on')
  const waits = ref(false)
  let last = 0

  async function wake(): Promise<void> {
    if (!on.value) return
    context ??= new AudioContext()
    await context.resume().catch(() => undefined)
    waits.value = context.state !== 'running'
  }
  function toggle(): void {
    on.value = !on.value
    localStorage.setItem(KEY, on.value ? 'on' : 'off')
    if (on.value) void wake().then(severe)
  }
  /** Sound, at most once in a few seconds. */
  function severe(): void {
    const now = Date.now()
    if (!on.value || context?.state !== 'running' || now - last < QUIET) return
    last = now
    tone(context, 660, 0)
    tone(context, 880, 0.18)
  }

  const woken = (): void => void wake()
  if (on.value) {
    waits.value = context?.state !== 'running'
    addEventListener('pointerdown', woken)
    addEventListener('keydown', woken)
  }
  onScopeDispose(() => {
    removeEventListener('pointerdown', woken)
    removeEventListener('keydown', woken)
  })
  return { on, waits, toggle, severe }
}

function tone(audio: AudioContext, pitch: number, after: number): void {
  const at = audio.currentTime + after
  const sound = audio.createOscillator()
  const volume = audio.createGain()
  sound.frequency.value = pitch
  volume.gain.setValueAtTime(0, at)
  volume.gain.linearRampToValueAtTime(0.2, at + 0.02)
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.35)
  sound.connect(volume).connect(audio.destination)
  sound.start(at)
  sound.stop(at + 0.4)
}
