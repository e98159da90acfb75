/** Words in English and Chinese: those of a view under its folder's name, shared ones under `shared`. */

import { createI18n } from 'vue-i18n'

export type Language = 'en' | 'zh'
type Words = Record<string, unknown>

const found = {
  ...import.meta.glob<Words>('../views/*/locale/*.json', { eager: true, import: 'default' }),
  ...import.meta.glob<Words>('./locale/*.json', { eager: true, import: 'default' }),
  ...import.meta.glob<Words>('./*/locale/*.json', { eager: true, import: 'default' }),
  ...import.meta.glob<Words>('../map/locale/*.json', { eager: true, import: 'default' }),
}

const messages: Record<Language, Words> = { en: {}, zh: {} }
for (const [file, words] of Object.entries(found)) {
  const [, folder, language] = /([^/]+|\.)\/locale\/(en|zh)\.json$/.exec(file) ?? []
  if (folder && language) messages[language as Language][folder === '.' ? 'shared' : folder] = words
}

const KEY = 'gridwatch.language'

function first(): Language {
  const kept = localStorage.getItem(KEY)
  if (kept === 'en' || kept === 'zh') return kept
  return navigator.language.startsWith('zh') ? 'zh' : 'en'
}

export const i18n = createI18n({
  legacy: false,
  locale: first(),
  fallbackLocale: 'en',
  messages: messages as Record<Language, Record<string, string>>,
})

export function language(): Language {
  return i18n.global.locale.value as Language
}

export function setLanguage(next: Language): void {
  i18n.global.locale.value = next
  localStorage.setItem(KEY, next)
  document.documentElement.lang = next
}

document.documentElement.lang = language()
