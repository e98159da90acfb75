/** What may be reported, by the groups of the city's tables. */

export interface Category { code: string; kind: string; name: string; group: string | null }

export function grouped(categories: readonly Category[]): { name: string; categories: Category[] }[] {
  const groups = new Map<string, Category[]>()
  for (const each of categories) {
    const name = each.group ?? ''
    groups.set(name, [...(groups.get(name) ?? []), each])
  }
  return [...groups].map(([name, found]) => ({ name: name || '–', categories: found }))
}
