import { Calendar } from '@element-plus/icons-vue'

import type { View } from '@/shared/view'

export default {
  path: '/shifts',
  component: () => import('./Shifts.vue'),
  more: [
    { path: '/shifts/handovers/:id', component: () => import('./WholeHandover.vue') },
    { path: '/shifts/:tab', component: () => import('./Shifts.vue') },
  ],
  nav: { order: 70, icon: Calendar },
  permission: 'keep_shifts',
} satisfies View
