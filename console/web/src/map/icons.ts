/** Small pictures of what stands on the map, drawn here: no sprite is loaded. Shape and colour both say what it is. */

import type { Map as MapLibre } from 'maplibre-gl'

import { token } from './style'

type Draw = (pen: CanvasRenderingContext2D, size: number) => void

function picture(size: number, draw: Draw): ImageData {
  const ratio = 2
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = size * ratio
  const pen = canvas.getContext('2d')!
  pen.scale(ratio, ratio)
  pen.lineJoin = 'round'
  draw(pen, size)
  return pen.getImageData(0, 0, canvas.width, canvas.height)
}

function outline(pen: CanvasRenderingContext2D, points: [number, number][], fill: string, edge: string): void {
  pen.beginPath()
  for (const [x, y] of points) pen.lineTo(x, y)
  pen.closePath()
  pen.lineWidth = 3
  pen.strokeStyle = edge
  pen.stroke()
  pen.fillStyle = fill
  pen.fill()
}

const corners = (many: number, size: number, radius: number, turn = 0): [number, number][] =>
  Array.from({ length: many }, (_, k) => {
    const angle = (k / many) * 2 * Math.PI - Math.PI / 2 + turn
    return [size / 2 + radius * Math.cos(angle), size / 2 + radius * Math.sin(angle)]
  })

/** A bin that is filled so far, percent; null: nobody knows. */
const bin = (level: number | null): Draw => (pen, size) => {
  const [left, right, top, bottom] = [4, size - 4, 5, size - 3]
  const body: [number, number][] = [[left, top], [right, top], [right - 2, bottom], [left + 2, bottom]]
  const colour = level === null ? token('map-silent') : level >= 80 ? token('bad') : level >= 50 ? token('warn') : token('good')
  outline(pen, body, token('map-ground'), token('map-ground'))
  pen.save()
  pen.beginPath()
  for (const [x, y] of body) pen.lineTo(x, y)
  pen.closePath()
  pen.clip()
  pen.fillStyle = colour
  const height = ((bottom - top) * (level ?? 0)) / 100
  pen.fillRect(0, bottom - height, size, height)
  pen.restore()
  pen.lineWidth = 1.6
  pen.strokeStyle = colour
  pen.stroke()
  pen.beginPath()
  pen.moveTo(left - 1.5, top - 0.5)
  pen.lineTo(right + 1.5, top - 0.5)
  pen.stroke()
}

/** A case: triangle, diamond, square or circle, as `shared/casework/Severity.vue` has them, and its number. */
const caseOf = (severity: number): Draw => (pen, size) => {
  const middle = size / 2
  const shapes: [number, number][][] = [
    corners(24, size, middle - 4), corners(24, size, middle - 2), corners(4, size, middle + 0.5, Math.PI / 4),
    corners(4, size, middle - 1.5), corners(3, size, middle - 1).map(([x, y]) => [x, y + 2]),
  ]
  outline(pen, shapes[severity]!, token(`severe-${severity}`), token('map-ground'))
  pen.fillStyle = token('surface')
  pen.font = `700 ${size * 0.44}px ${getComputedStyle(document.body).fontFamily}`
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  if (severity) pen.fillText(String(severity), middle, middle + (severity === 4 ? 3.5 : 1))
}

const camera: Draw = (pen, size) => {
  const colour = token('map-camera')
  pen.lineWidth = 3
  pen.strokeStyle = token('map-ground')
  pen.fillStyle = colour
  pen.beginPath()
  pen.roundRect(3, 6, size * 0.55, size - 12, 2)
  pen.moveTo(size * 0.62, size / 2)
  pen.lineTo(size - 3, 6)
  pen.lineTo(size - 3, size - 6)
  pen.closePath()
  pen.stroke()
  pen.fill()
}

const crew: Draw = (pen, size) => {
  pen.lineWidth = 3
  pen.strokeStyle = token('map-ground')
  pen.fillStyle = token('map-crew')
  pen.beginPath()
  pen.arc(size / 2, 6.5, 3.6, 0, 7)
  pen.moveTo(4, size - 3)
  pen.arc(size / 2, size - 3, size / 2 - 4, Math.PI, 0)
  pen.closePath()
  pen.stroke()
  pen.fill()
}

const unit: Draw = (pen, size) => {
  outline(pen, corners(4, size, size / 2 - 2.5), token('map-crew'), token('map-ground'))
  outline(pen, corners(4, size, 2.5), token('map-ground'), token('map-ground'))
}

/** Put all of them there. */
export function addIcons(map: MapLibre): void {
  const all: Record<string, [number, Draw]> = {
    camera: [22, camera], crew: [22, crew], unit: [20, unit], 'bin-unknown': [18, bin(null)],
    ...Object.fromEntries([0, 25, 50, 75, 100].map((level) => [`bin-${level}`, [18, bin(level || 4)]])),
    ...Object.fromEntries([0, 1, 2, 3, 4].map((severity) => [`case-${severity}`, [severity > 2 ? 24 : 20, caseOf(severity)]])),
  }
  for (const [name, [size, draw]] of Object.entries(all)) {
    if (!map.hasImage(name)) map.addImage(name, picture(size, draw), { pixelRatio: 2 })
  }
}
