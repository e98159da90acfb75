/** Photos on their way into a case: made smaller where they are large, kept by the server, named by their location. */

import { request } from '@/shared/api'

export interface Photo { location: string; sha256: string; width: number; height: number; lon: number | null; lat: number | null }

const LONGEST = 2560
/** Bytes under which a picture goes as it is. */
const SMALL = 1_500_000

/** A picture that a page may show of one that the server keeps. */
export const photoUrl = (location: string): string => `/api/photos/${location}`

/** Keep a picture. Raises ApiError. place: say where it was taken, if the picture says; it then goes as it is. */
export async function keepPhoto(picture: Blob, place = false): Promise<Photo> {
  const body = place || picture.size <= SMALL ? picture : await smaller(picture)
  const answer = await request('POST', `/api/photos${place ? '?place=true' : ''}`, body, { headers: { 'Content-Type': 'application/octet-stream' } })
  return (await answer.json()) as Photo
}

async function smaller(picture: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(picture).catch(() => null)
  if (bitmap === null) return picture
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height))
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale))
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 })
}
