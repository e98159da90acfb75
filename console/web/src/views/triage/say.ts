/** A word about what was done, at the top of the page for a moment; what went wrong stays longer. */

import 'element-plus/es/components/message/style/css'
import './say.css'

import { ElMessage } from 'element-plus'

export function say(type: 'success' | 'info' | 'warning' | 'error', message: string): void {
  ElMessage({ type, message, customClass: 'gw-said', duration: type === 'error' ? 6_000 : 3_000, showClose: type === 'error' })
}
