/** How vector tiles are drawn that bring no style: what the schemas of OpenMapTiles and of Protomaps have in common. */

import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl'

const ROADS: ExpressionSpecification = ['interpolate', ['exponential', 1.6], ['zoom'], 9, 0.6, 14, 2.5, 18, 14]

/** colour: of a token. fonts: of names. A tileset has some of these layers; the map leaves out what it hasn't. */
export function vectorLayers(colour: (token: string) => string, fonts: string[]): LayerSpecification[] {
  const of = (id: string, layer: string) => ({ id, source: 'base', 'source-layer': layer })
  const fill = (layer: string, named: string): LayerSpecification => ({
    ...of(layer, layer), type: 'fill', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour(named) },
  })
  const line = (layer: string, named: string, width: ExpressionSpecification | number, dashes?: number[]): LayerSpecification => ({
    ...of(`${layer}-lines`, layer), type: 'line', filter: ['==', ['geometry-type'], 'LineString'],
    layout: { 'line-join': 'round', 'line-cap': dashes ? 'butt' : 'round' },
    paint: { 'line-color': colour(named), 'line-width': width, ...(dashes ? { 'line-dasharray': dashes } : {}) },
  })
  const names = (layer: string, along: boolean): LayerSpecification => ({
    ...of(`${layer}-names`, layer), type: 'symbol', minzoom: along ? 13 : 0,
    layout: {
      'symbol-placement': along ? 'line' : 'point', 'text-field': name(), 'text-font': fonts, 'text-size': along ? 11 : 13,
      'symbol-sort-key': ['coalesce', ['get', 'rank'], ['-', 20, ['coalesce', ['get', 'population_rank'], 0]]],
    },
    paint: { 'text-color': colour('map-street-name'), 'text-halo-color': colour('map-ground'), 'text-halo-width': 1.2 },
  })
  return [
    fill('landuse', 'map-green'), fill('landcover', 'map-green'), fill('water', 'map-water'),
    line('water', 'map-water', 1.5), line('waterway', 'map-water', 1.5),
    fill('building', 'map-building'), fill('buildings', 'map-building'),
    line('transportation', 'map-street', ROADS), line('roads', 'map-street', ROADS),
    line('boundary', 'map-grid', 1, [3, 2]), line('boundaries', 'map-grid', 1, [3, 2]),
    names('transportation_name', true), names('roads', true), names('place', false), names('places', false),
  ]
}

/** In the page's language, where the tiles have it. */
function name(): ExpressionSpecification {
  const wanted = document.documentElement.lang.startsWith('zh') ? ['name:zh', 'name:zh-Hans', 'name_zh'] : ['name:en', 'name_en']
  return ['coalesce', ...[...wanted, 'name'].map((each): ExpressionSpecification => ['get', each]), ''] as ExpressionSpecification
}
