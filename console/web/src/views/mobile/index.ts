import type { View } from '@/shared/view'

const component = () => import('./Mobile.vue')

export default {
  path: '/m',
  more: [{ path: '/m/:part(report|outbox|duty|task)/:id?', component }],
  component,
  permission: 'on_duty',
  layout: 'bare',
  open: true, // without a network nobody can be asked who it is
} satisfies View
