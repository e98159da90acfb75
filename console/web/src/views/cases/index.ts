import { Files } from '@element-plus/icons-vue'

import type { View } from '@/shared/view'

const view: View = {
  path: '/cases',
  component: () => import('./CasesPage.vue'),
  nav: { order: 25, icon: Files },
  permission: 'see_cases',
}

export default view
