/** What a folder of `views` says of itself: `index.ts` there has one as its default export. */

import type { Component } from 'vue'
import type { RouteRecordRaw } from 'vue-router'

import type { Permission } from '@/shared/me'

export interface View {
  /** The route, such as '/triage'. */
  path: string
  component: () => Promise<Component>
  /** Further routes of the same part. */
  more?: RouteRecordRaw[]
  /** Its place in the navigation; its name there is `<folder>.nav` in the words. */
  nav?: { order: number; icon: Component }
  /** Who may see it. */
  permission?: Permission
  /** 'desk': with navigation (usual). 'bare': alone on the page (login, phone). */
  layout?: 'desk' | 'bare'
  /** It needs nobody to be logged in. */
  open?: boolean
}

const found = import.meta.glob<View>('../views/*/index.ts', { eager: true, import: 'default' })

/** By folder. */
export const views: Record<string, View> = Object.fromEntries(
  Object.entries(found).map(([file, view]) => [file.split('/').at(-2) ?? '', view]),
)
