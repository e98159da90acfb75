import type { View } from '@/shared/view'

export default {
  path: '/report-status/:number?',
  component: () => import('./ReportStatus.vue'),
  layout: 'bare',
  open: true,
} satisfies View
