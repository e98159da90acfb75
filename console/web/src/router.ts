/** Routes: those of the views, and who may go where. */

import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'

import { onSignedOut } from '@/shared/api'
import { useMe } from '@/shared/me'
import { views } from '@/shared/view'

const routes: RouteRecordRaw[] = Object.entries(views).flatMap(([name, view]) => {
  const meta = { view: name, permission: view.permission, layout: view.layout ?? 'desk', open: view.open ?? false }
  const more = (view.more ?? []).map((each) => ({ ...each, meta: { ...meta, ...each.meta } }) as RouteRecordRaw)
  return [{ path: view.path, name, component: view.component, meta }, ...more]
})

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: '/now' },
    ...routes,
    { path: '/:rest(.*)*', component: () => import('@/shared/NotFound.vue'), meta: { layout: 'desk' } },
  ],
})

router.beforeEach(async (to) => {
  const me = useMe()
  if (me.me === null) {
    // Without a network nobody can be asked who it is: the phone's page knows what to do then.
    await me.load().catch((error: unknown) => { if (!to.meta['open']) throw error })
  }
  if (to.meta['open'] || to.path === '/login') return true
  if (me.me === null) return { path: '/login', query: to.fullPath === '/' ? {} : { to: to.fullPath } }
  if (me.me.must_change_password) return { path: '/login', query: { to: to.fullPath } }
  return true
})

onSignedOut(() => {
  const me = useMe()
  me.me = null
  const at = router.currentRoute.value
  // The phone keeps what it has to send; it asks for the login itself.
  if (at.path !== '/login' && at.meta['open'] !== true && !at.path.startsWith('/m')) {
    void router.push({ path: '/login', query: { to: at.fullPath } })
  }
})
