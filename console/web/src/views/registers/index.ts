import { Collection } from '@element-plus/icons-vue'

import type { View } from '@/shared/view'

export default {
  path: '/registers',
  component: () => import('./Registers.vue'),
  more: [{ path: '/registers/:kind', name: 'register', component: () => import('./Registers.vue') }],
  nav: { order: 50, icon: Collection },
  permission: 'see_registers',
} satisfies View
