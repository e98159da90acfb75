/** The base map: plain ground with the city's own streets, or tiles that the configuration names, in light or dark. */

import type * as GeoJSON from 'geojson'
import type { LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl'

import { get } from '@/shared/api'
import { shifted } from './datum'
import { streetsOnce } from './streets'
import { archive, type Archive, type MapSettings } from './settings'
import { vectorLayers } from './vectorLayers'

/** Above this layer is what we draw. */
export const BASE_TOP = 'base-top'
export const FONT = ['Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'sans-serif']

/** A colour of the tokens. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--gw-${name}`).trim() || '#888888'
}

/** Of this host, as a whole address; MapLibre wants the braces as they are. */
const here = (path: string): string => new URL(path, window.location.origin).href.replaceAll('%7B', '{').replaceAll('%7D', '}')

export async function styleOf(settings: MapSettings): Promise<StyleSpecification> {
  const own = settings.style ? await get<StyleSpecification>(settings.style).catch(() => null) : null
  const style: StyleSpecification = own ?? { version: 8, sources: {}, layers: [] }
  const dark = document.documentElement.classList.contains('dark')
  const base = await source(settings)
  if (own) {
    for (const [name, each] of Object.entries(own.sources)) if (base && isBase(each)) own.sources[name] = base
  } else {
    style.layers.push({ id: 'ground', type: 'background', paint: { 'background-color': token('map-ground') } })
    if (base) {
      style.sources['base'] = base
      style.layers.push(...(base.type === 'raster' ? [raster(dark)] : vectorLayers(token, FONT)))
    }
  }
  if (settings.streets) {
    const streets = await streetsOnce()
    if (streets !== null) addStreets(style, settings, streets)
  }
  style.layers.push({ id: BASE_TOP, type: 'background', paint: { 'background-opacity': 0 } })
  return style
}

/** Whether a style's own source means the tiles of the configuration. */
function isBase(some: SourceSpecification): boolean {
  const named = some.type === 'vector' || some.type === 'raster' ? [...(some.tiles ?? []), some.url ?? ''] : []
  return named.some((each) => each.includes('/api/map/tiles/') || each.includes('/api/map/file'))
}

async function source(settings: MapSettings): Promise<SourceSpecification | null> {
  const { kind, attribution, tile_size: tileSize } = settings
  if (kind === 'none') return null
  const url = here(settings.tiles)
  if (kind === 'pmtiles') {
    // One that can't be read is said by the map, which asks for it too.
    const about = await archive(url).catch((): Archive => ({ raster: false, attribution: '' }))
    const more = { url: `pmtiles://${url}`, attribution: attribution || about.attribution }
    return about.raster ? { type: 'raster', tileSize, ...more } : { type: 'vector', ...more }
  }
  const more = { tiles: [url], minzoom: settings.min_zoom, maxzoom: settings.max_zoom, attribution }
  return kind === 'raster' ? { type: 'raster', tileSize, ...more } : { type: 'vector', ...more }
}

/** Tiles are drawn for paper: in the dark they are dimmed. */
function raster(dark: boolean): LayerSpecification {
  const paint = dark ? { 'raster-brightness-max': 0.45, 'raster-saturation': -0.5, 'raster-contrast': 0.1 } : {}
  return { id: 'base', type: 'raster', source: 'base', paint: { 'raster-saturation': -0.25, ...paint } }
}

/** width: metres, of a feature's property; streets without one are 12 m wide. */
function addStreets(
  style: StyleSpecification, settings: MapSettings, streets: GeoJSON.FeatureCollection,
): void {
  const features = streets.features.map((each) => ({
    ...each,
    geometry: { ...each.geometry, coordinates: shifted((each.geometry as GeoJSON.LineString).coordinates, settings.datum) },
  })) as GeoJSON.Feature[]
  style.sources['streets'] = { type: 'geojson', data: { type: 'FeatureCollection', features } }
  const wide = (more: number): LayerSpecification['paint'] => ({
    'line-width': [
      'interpolate', ['exponential', 2], ['zoom'],
      10, ['+', 0.5 + more / 2, ['*', 0.015, ['coalesce', ['get', 'width'], 12]]],
      18, ['+', 2 + more, ['*', 1.7, ['coalesce', ['get', 'width'], 12]]],
    ],
  }) as LayerSpecification['paint']
  const layout = { 'line-join': 'round', 'line-cap': 'round' } as const
  style.layers.push(
    { id: 'streets-edge', type: 'line', source: 'streets', layout, minzoom: 12,
      paint: { ...wide(1.5), 'line-color': token('map-street-edge') } } as LayerSpecification,
    { id: 'streets', type: 'line', source: 'streets', layout,
      paint: { ...wide(0), 'line-color': token('map-street') } } as LayerSpecification,
    { id: 'street-names', type: 'symbol', source: 'streets', minzoom: 14,
      layout: { 'symbol-placement': 'line', 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 11 },
      paint: { 'text-color': token('map-street-name'), 'text-halo-color': token('map-ground'), 'text-halo-width': 1.2 } },
  )
}
