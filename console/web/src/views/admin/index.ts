import { Setting } from '@element-plus/icons-vue'

import type { View } from '@/shared/view'

export default {
  path: '/admin',
  component: () => import('./Admin.vue'),
  more: [{ path: '/admin/:tab', component: () => import('./Admin.vue') }],
  nav: { order: 90, icon: Setting },
  permission: 'administer',
} satisfies View
