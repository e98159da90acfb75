import { SetUp } from '@element-plus/icons-vue'

import type { View } from '@/shared/view'

export default {
  path: '/rules',
  component: () => import('./Rules.vue'),
  more: [{ path: '/rules/:id', name: 'rule', component: () => import('./Rule.vue') }],
  nav: { order: 55, icon: SetUp },
  permission: 'see_registers',
} satisfies View
