import type { View } from '@/shared/view'

export default {
  path: '/login',
  component: () => import('./Login.vue'),
  layout: 'bare',
  open: true,
} satisfies View
