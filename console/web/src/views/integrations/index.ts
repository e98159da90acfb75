import { Connection } from '@element-plus/icons-vue'

import type { View } from '@/shared/view'

export default {
  path: '/integrations',
  component: () => import('./Integrations.vue'),
  more: [{ path: '/integrations/:tab', component: () => import('./Integrations.vue') }],
  nav: { order: 80, icon: Connection },
  permission: 'see_health',
} satisfies View
