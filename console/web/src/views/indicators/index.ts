import { DataAnalysis } from '@element-plus/icons-vue'

import type { View } from '@/shared/view'

export default {
  path: '/indicators',
  component: () => import('./Indicators.vue'),
  more: [{ path: '/indicators/:tab', component: () => import('./Indicators.vue') }],
  nav: { order: 60, icon: DataAnalysis },
  permission: 'see_indicators',
} satisfies View
