// The phone's service worker: the page opens without a network, and pictures of cases that were looked at stay.
// Built by plugin.ts, which puts the names of the page's files in here; a new build is a new version.

const VERSION = '__VERSION__'
const FILES = ['__FILES__']
const PAGE = '/index.html'
const SHELL = `phone-${VERSION}`
const PICTURES = 'phone-pictures'
const MOST = 80
const PATIENCE = 4000

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()))
})

self.addEventListener('activate', (event) => {
  const old = (name) => name.startsWith('phone-') && name !== SHELL && name !== PICTURES
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  )
})

self.addEventListener('message', (event) => {
  if (event.data === 'forget') event.waitUntil(caches.delete(PICTURES))
})

// The newest page where there is a network that answers soon; otherwise the one that is kept.
async function page(request) {
  const kept = await caches.match(PAGE)
  const end = new AbortController()
  const timer = setTimeout(() => end.abort(), kept ? PATIENCE : 60000)
  try {
    const answer = await fetch(request, { signal: end.signal })
    if (answer.ok || !kept) return answer
  } catch (error) {
    if (!kept) throw error
  } finally {
    clearTimeout(timer)
  }
  return kept
}

// Files have a digest in their names: what is kept is right. What the page loads later is kept then.
async function file(request) {
  const kept = await caches.match(request)
  if (kept) return kept
  const answer = await fetch(request)
  if (answer.ok && new URL(request.url).pathname.startsWith('/assets/')) {
    const cache = await caches.open(SHELL)
    await cache.put(request, answer.clone())
  }
  return answer
}

async function picture(request) {
  const cache = await caches.open(PICTURES)
  const kept = await cache.match(request)
  if (kept) return kept
  const answer = await fetch(request)
  if (answer.ok) {
    await cache.put(request, answer.clone())
    const keys = await cache.keys() // the oldest first
    await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST)).map((key) => cache.delete(key)))
  }
  return answer
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate') {
    if (url.pathname === '/m' || url.pathname.startsWith('/m/')) event.respondWith(page(request))
  } else if (url.pathname.startsWith('/api/photos/')) event.respondWith(picture(request))
  else if (!url.pathname.startsWith('/api/') && FILES.includes(url.pathname)) event.respondWith(file(request))
  else if (url.pathname.startsWith('/assets/')) event.respondWith(file(request))
})
