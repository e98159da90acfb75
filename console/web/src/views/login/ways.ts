/** What the login page knows of the server's ways to come in. */

export interface Ways {
  city: string
  /** What the button of the other house's login says; '': there is none. */
  oidc: string
}

/** Where to go next: a page of this console, never another site. */
export function inside(to: unknown): string {
  return typeof to === 'string' && /^\/(?![/\\])/.test(to) && !to.startsWith('/login') ? to : '/'
}

export const SHORTEST = 12

/** What is wrong with a new password, as the key of its words; '': nothing. The server looks again. */
export function faultIn(password: string, again: string, name: string): string {
  if ([...password].length < SHORTEST) return 'short'
  if (new Set(password).size < 6) return 'plain'
  if (name && password.toLowerCase().includes(name.toLowerCase())) return 'named'
  return password === again ? '' : 'different'
}
