/** Photos as they are kept and sent: small, upright, and with nothing in the file but what is seen. */

import { all, drop, put } from './database'

const LONGEST = 1600
const BYTES = 300_000
const QUALITIES = [0.82, 0.7, 0.58, 0.46]

/** What a photo is of: as it was found, or before and after something was done. */
export type When = 'found' | 'before' | 'after'

export interface Place { lon: number; lat: number; accuracy: number | null }

export interface Photo {
  id: string
  /** Whose phone it was: nobody else sends it. */
  who: string
  /** What it belongs to: a case's id, or 'new' for a report that is being written. */
  about: string
  when: When
  blob: Blob
  /** By the phone's clock, milliseconds. */
  taken: number
  place: Place | null
  /** Where the server keeps it; '' while it has not been sent. */
  location: string
  sha256: string
}

/** A picture's size so that neither side is longer than 1,600. */
export function fitted(width: number, height: number): [number, number] {
  const share = Math.min(1, LONGEST / Math.max(width, height))
  return [Math.max(1, Math.round(width * share)), Math.max(1, Math.round(height * share))]
}

function encoded(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/jpeg', quality)
  })
}

/** A JPEG of at most 1,600 points a side and about 300 kB. Rejects what is no picture. */
export async function compressed(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const canvas = document.createElement('canvas')
  ;[canvas.width, canvas.height] = fitted(picture.width, picture.height)
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  let blob = await encoded(canvas, QUALITIES[0] ?? 0.8)
  for (const quality of QUALITIES.slice(1)) {
    if (blob.size <= BYTES) break
    blob = await encoded(canvas, quality)
  }
  return blob
}

/** A photo, kept on the phone. Rejects what is no picture, and where there is no room. */
export async function addPhoto(file: File, who: string, about: string, when: When, place: Place | null): Promise<Photo> {
  const photo: Photo = {
    id: crypto.randomUUID(), who, about, when, blob: await compressed(file), taken: Date.now(),
    place: place && { ...place }, location: '', sha256: '',
  }
  await put('photos', photo)
  return photo
}

export const photosAbout = async (who: string, about: string): Promise<Photo[]> =>
  (await all<Photo>('photos')).filter((each) => each.who === who && each.about === about).sort((a, b) => a.taken - b.taken)

export const dropPhoto = (id: string): Promise<undefined> => drop('photos', id)
