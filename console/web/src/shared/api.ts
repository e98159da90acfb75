/** The web API: JSON in and out, the session's CSRF token on what changes something, errors in plain words. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    /** What the server says, in plain words. */
    readonly detail: string,
    /** All that the server says beside it, such as `allowed`. */
    readonly body: Record<string, unknown> = {},
  ) {
    super(detail)
    this.name = 'ApiError'
  }
}

/** The page's language, in which the server is to answer; outside of a page English. */
const spoken = (): string => globalThis.document?.documentElement.lang || 'en'

type Query = Record<string, string | number | boolean | undefined | null | readonly (string | number)[]>
type Options = { query?: Query; headers?: Record<string, string>; signal?: AbortSignal }

let csrf = ''
let signedOut: () => void = () => undefined

/** What every changing request carries from now on; `GET /api/me` gives it. */
export function setCsrf(token: string): void {
  csrf = token
}

/** What happens where the session has ended. */
export function onSignedOut(then: () => void): void {
  signedOut = then
}

export function path(route: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue
    for (const each of Array.isArray(value) ? value : [value]) search.append(key, String(each))
  }
  const text = search.toString()
  return text ? `${route}?${text}` : route
}

/** The answer as it comes; ApiError where it is none of 2xx. `status` 0: the server can't be reached. */
export async function request(method: string, route: string, body?: unknown, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = { 'Accept': 'application/json', 'Accept-Language': spoken(), ...options.headers }
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf
  const form = body instanceof FormData || body instanceof Blob
  if (body !== undefined && !form) headers['Content-Type'] = 'application/json'
  let answer: Response
  try {
    answer = await fetch(path(route, options.query), {
      method,
      headers,
      body: body === undefined ? null : form ? body : JSON.stringify(body),
      credentials: 'same-origin',
      signal: options.signal ?? null,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, spoken() === 'zh' ? '无法连接服务器。' : 'The server can\'t be reached.')
  }
  if (answer.ok) return answer
  const said = (await answer.json().catch(() => ({}))) as Record<string, unknown>
  // Who asks whether they are logged in, or logs in, has not been signed out.
  if (answer.status === 401 && route !== '/api/me' && !route.startsWith('/api/login')) signedOut()
  throw new ApiError(answer.status, wordsOf(said) || answer.statusText || String(answer.status), said)
}

function wordsOf(said: Record<string, unknown>): string {
  const { detail } = said
  if (typeof detail === 'string') return detail
  if (!Array.isArray(detail)) return ''
  return detail
    .map((each: { loc?: unknown[]; msg?: string }) => `${(each.loc ?? []).slice(1).join('.')}: ${each.msg ?? ''}`)
    .join('; ')
}

async function json<T>(method: string, route: string, body?: unknown, options?: Options): Promise<T> {
  const answer = await request(method, route, body, options)
  return (answer.status === 204 ? undefined : await answer.json()) as T
}

export const get = <T>(route: string, query?: Query, options?: Options): Promise<T> =>
  json<T>('GET', route, undefined, { ...options, query: { ...options?.query, ...query } })
export const post = <T>(route: string, body?: unknown, options?: Options): Promise<T> => json<T>('POST', route, body, options)
export const put = <T>(route: string, body?: unknown, options?: Options): Promise<T> => json<T>('PUT', route, body, options)
export const patch = <T>(route: string, body?: unknown, options?: Options): Promise<T> => json<T>('PATCH', route, body, options)
export const remove = <T>(route: string, options?: Options): Promise<T> => json<T>('DELETE', route, undefined, options)

/** A name for a change, so that saying it twice does it once. */
export const once = (): Record<string, string> => ({ 'Idempotency-Key': crypto.randomUUID() })
