/** How each layer of the map is drawn. */

import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl'

import { FONT, token } from './style'

/** From the ground up; `vehicles` are drawn by a layer of their own. */
export const LAYERS = ['grid', 'zones', 'sites', 'routes', 'parts', 'units', 'bins', 'cameras', 'crews', 'cases'] as const
export type Layer = (typeof LAYERS)[number]

/** From which zoom on a layer is asked for. */
export const FROM: Record<Layer, number> = {
  grid: 11, zones: 8, sites: 8, routes: 10, parts: 15, units: 8, bins: 12, cameras: 9, crews: 8, cases: 0,
}
/** Seconds after which it is asked for again, though nobody moved the map; 0: never. */
export const AGAIN: Record<Layer, number> = {
  grid: 0, zones: 300, sites: 300, routes: 300, parts: 0, units: 300, bins: 30, cameras: 30, crews: 15, cases: 120,
}

type Drawn = Omit<LayerSpecification, 'id' | 'source'>

const text = (field: ExpressionSpecification | string, more: object = {}): Drawn => ({
  type: 'symbol',
  layout: { 'text-field': field as ExpressionSpecification, 'text-font': FONT, 'text-size': 11, ...more },
  paint: { 'text-color': token('soft'), 'text-halo-color': token('map-ground'), 'text-halo-width': 1.4 },
}) as Drawn

const icon = (image: ExpressionSpecification | string, more: object = {}): Drawn => ({
  type: 'symbol',
  layout: { 'icon-image': image as ExpressionSpecification, 'icon-allow-overlap': true, ...more },
}) as Drawn

function area(colour: string | ExpressionSpecification, fill: number, dashes?: number[]): Drawn[] {
  return [
    { type: 'fill', paint: { 'fill-color': colour as string, 'fill-opacity': fill } } as Drawn,
    { type: 'line', paint: { 'line-color': colour as string, 'line-width': 1.4, 'line-opacity': 0.8, ...(dashes ? { 'line-dasharray': dashes } : {}) } } as Drawn,
  ]
}

/** A cluster's icon is that of the worst in it. */
const CASE: ExpressionSpecification = ['concat', 'case-', ['coalesce', ['get', 'worst'], ['get', 'severity'], 0]]
const LEVEL: ExpressionSpecification = ['case', ['==', ['typeof', ['get', 'level']], 'number'],
  ['concat', 'bin-', ['to-string', ['step', ['get', 'level'], 0, 12.5, 25, 37.5, 50, 62.5, 75, 80, 100]]], 'bin-unknown']

export function drawn(layer: Layer): Drawn[] {
  switch (layer) {
    case 'grid':
      return [
        { type: 'line', paint: { 'line-color': token('map-grid'), 'line-width': 1 } } as Drawn,
        { ...text(['get', 'id']), minzoom: 14 } as Drawn,
      ]
    case 'zones':
      return [
        ...area(['match', ['get', 'use'], 'no_go', token('map-no-go'), token('map-zone')], 0.1, [3, 2]),
        { ...text(['get', 'id']), minzoom: 13 } as Drawn,
      ]
    case 'sites':
      return [...area(token('map-site'), 0.16), { ...text(['get', 'id']), minzoom: 13 } as Drawn]
    case 'routes':
      return [{ type: 'line', paint: { 'line-color': token('map-route'), 'line-width': 1.6, 'line-opacity': 0.55 } } as Drawn]
    case 'parts':
      return [{
        type: 'circle',
        paint: { 'circle-radius': 3.5, 'circle-color': token('map-part'), 'circle-stroke-color': token('map-ground'), 'circle-stroke-width': 1 },
      } as Drawn]
    case 'units':
      return [icon('unit'), { ...text(['get', 'name'], { 'text-offset': [0, 1.1], 'text-anchor': 'top' }), minzoom: 12 } as Drawn]
    case 'bins':
      return [icon(LEVEL, { 'icon-size': ['interpolate', ['linear'], ['zoom'], 12, 0.6, 15, 1] })]
    case 'cameras':
      return [icon('camera')]
    case 'crews':
      return [icon('crew'), text(['get', 'name'], { 'text-offset': [0, 1.1], 'text-anchor': 'top' })]
    case 'cases':
      return [
        icon(CASE, { 'icon-size': ['case', ['has', 'point_count'], 1.15, 1] }),
        {
          type: 'symbol', filter: ['has', 'point_count'],
          layout: { 'text-field': ['get', 'point_count_abbreviated'], 'text-font': FONT, 'text-size': 11, 'text-offset': [1.5, -1], 'text-allow-overlap': true },
          paint: { 'text-color': token('text'), 'text-halo-color': token('map-ground'), 'text-halo-width': 2 },
        } as Drawn,
      ]
  }
}
