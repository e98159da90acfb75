/** Lengths as people say them. */
export const metresWord = (metres: number): string =>
  metres < 995 ? `${Math.max(10, Math.round(metres / 10) * 10)} m` : `${(metres / 1000).toFixed(metres < 9_950 ? 1 : 0)} km`
