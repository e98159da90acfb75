import { VideoCamera } from '@element-plus/icons-vue'

import type { View } from '@/shared/view'

export default {
  path: '/cameras',
  component: () => import('./Wall.vue'),
  more: [{ path: '/cameras/:id', name: 'camera', component: () => import('./Camera.vue') }],
  nav: { order: 40, icon: VideoCamera },
  permission: 'see_evidence',
} satisfies View
