import { Bell } from '@element-plus/icons-vue'

import type { View } from '@/shared/view'

export default {
  path: '/triage',
  component: () => import('./Triage.vue'),
  nav: { order: 20, icon: Bell },
  permission: 'see_cases',
} satisfies View
