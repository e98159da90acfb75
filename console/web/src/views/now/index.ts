import { MapLocation } from '@element-plus/icons-vue'

import type { View } from '@/shared/view'

export default {
  path: '/now',
  component: () => import('./Now.vue'),
  nav: { order: 10, icon: MapLocation },
  permission: 'see_cases',
} satisfies View
