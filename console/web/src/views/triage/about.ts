/** What a shelving or suppression is about, in a line. */

import { categoryWord } from '@/shared/casework/choices'
import { i18n } from '@/shared/i18n'

import type { Aside } from './types'

export function aboutWords(about: Aside['about']): string {
  const { t } = i18n.global
  const parts = [
    ...named('rules', about.rules),
    ...named('categories', about.categories.map(categoryWord)),
    ...named('subjects', about.subjects),
    ...named('cameras', about.cameras),
    ...named('places', about.places),
    ...named('grids', about.grids),
    about.circle ? t('triage.about.circle', { metres: Math.round(about.circle[2]), lon: about.circle[0].toFixed(5), lat: about.circle[1].toFixed(5) }) : '',
    about.polygon.length ? t('triage.about.polygon', { n: about.polygon.length }) : '',
    about.hours,
  ]
  return parts.filter(Boolean).join(' · ')

  function named(kind: string, names: string[]): string[] {
    return names.length ? [`${t(`triage.about.${kind}`)} ${names.join(', ')}`] : []
  }
}
