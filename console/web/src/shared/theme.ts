/** Light or dark, remembered; dark where nothing else is said: a command centre is a dim room. */

import { ref } from 'vue'

export type Theme = 'light' | 'dark'
const KEY = 'gridwatch.theme'

export const theme = ref<Theme>(localStorage.getItem(KEY) === 'light' ? 'light' : 'dark')

export function setTheme(next: Theme): void {
  theme.value = next
  localStorage.setItem(KEY, next)
  show()
}

function show(): void {
  document.documentElement.classList.toggle('dark', theme.value === 'dark')
}

show()
