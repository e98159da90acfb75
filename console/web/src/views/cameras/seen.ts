/** Whether an element, or the element of a component, can be seen, or nearly. */

import { onScopeDispose, ref, watch, type ComponentPublicInstance, type Ref } from 'vue'

const NEARLY = '160px'

export function useSeen(of: Readonly<Ref<HTMLElement | ComponentPublicInstance | null>>): Ref<boolean> {
  const seen = ref(false)
  const observer = new IntersectionObserver((entries) => { seen.value = entries.at(-1)?.isIntersecting ?? false }, { rootMargin: NEARLY })
  watch(of, (target) => {
    observer.disconnect()
    const element = target instanceof HTMLElement ? target : (target?.$el as HTMLElement | undefined)
    if (element) observer.observe(element)
  }, { immediate: true, flush: 'post' })
  onScopeDispose(() => observer.disconnect())
  return seen
}
