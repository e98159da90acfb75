/** Into which of five classes a hexagon falls: by quantiles of those that have cases, so that one very full one hides none. */

export function steps(counts: readonly number[]): number[] {
  const sorted = [...counts].sort((a, b) => a - b)
  const found: number[] = []
  for (const share of [0.4, 0.7, 0.9, 0.98]) {
    const at = sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? 1
    const next = Math.max(at, (found.at(-1) ?? 0) + 1)
    found.push(next)
  }
  return found
}

export const classOf = (count: number, edges: readonly number[]): number => edges.filter((edge) => count > edge).length
