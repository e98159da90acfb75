import type { View } from '@/shared/view'

export default {
  path: '/newcase',
  component: () => import('./NewCase.vue'),
  permission: 'see_cases',
} satisfies View
