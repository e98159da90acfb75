/** What makes the page an app: its manifest, its service worker, and the offer to install it. */

import { ref } from 'vue'

interface Offer extends Event { prompt(): Promise<void> }

const offer = ref<Offer | null>(null)
/** Whether the browser offers to install it. */
export { offer as installOffer }

export async function install(): Promise<void> {
  const made = offer.value
  offer.value = null
  await made?.prompt()
}

/** Once, when the phone's page is opened. */
export function beAnApp(): void {
  if (!document.querySelector('link[rel="manifest"]')) {
    const link = document.createElement('link')
    link.rel = 'manifest'
    link.href = '/phone.webmanifest'
    document.head.append(link)
  }
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    offer.value = event as Offer
  })
  // Without TLS there is none, but on the machine itself.
  if ('serviceWorker' in navigator) void navigator.serviceWorker.register('/phone-worker.js', { scope: '/m' }).catch(() => undefined)
  // Asked for, so that a phone that runs short of room does not throw away what is still to be sent.
  void navigator.storage?.persist?.()
}

/** What the phone has of pictures is let go: somebody else will use it. */
export function forgetPictures(): void {
  navigator.serviceWorker?.controller?.postMessage('forget')
}
