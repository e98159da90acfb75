import type { View } from '@/shared/view'

const view: View = {
  path: '/cases/:id',
  component: () => import('./CasePage.vue'),
  permission: 'see_cases',
}

export default view
