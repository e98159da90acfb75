/** What the configuration says of the base map (`web.map`), asked for once. */

import { addProtocol } from 'maplibre-gl'
import { PMTiles, Protocol, TileType } from 'pmtiles'

import { get } from '@/shared/api'
import type { Datum } from './datum'

export interface MapSettings {
  kind: 'none' | 'raster' | 'vector' | 'pmtiles'
  /** Of this host, with {z}, {x} and {y}; or the PMTiles file. Other tiles, another address. */
  tiles: string
  /** A MapLibre style of this host; '': a plain one of ours. */
  style: string
  datum: Datum
  tile_size: number
  min_zoom: number
  max_zoom: number
  attribution: string
  /** Where the city is: west, south, east, north; null: nobody knows yet. */
  bounds: [number, number, number, number] | null
  /** Whether the city's own streets are to be had. */
  streets: boolean
}

const PLAIN: MapSettings = {
  kind: 'none', tiles: '', style: '', datum: 'WGS-84', tile_size: 256, min_zoom: 0, max_zoom: 22, attribution: '',
  bounds: null, streets: false,
}

let asked: Promise<MapSettings> | null = null

/** Plain ground where the server has nothing to say. */
export function mapSettings(): Promise<MapSettings> {
  asked ??= get<MapSettings>('/api/map').catch(() => {
    asked = null
    return PLAIN
  })
  return asked
}

const protocol = new Protocol()
let known = false

/** What a PMTiles file says of itself. */
export interface Archive {
  /** Pictures; otherwise vector tiles. */
  raster: boolean
  /** Whom it is from; '': it doesn't say. */
  attribution: string
}

/** Let the map read a PMTiles file, by range requests. Rejects where it can't be read. */
export async function archive(url: string): Promise<Archive> {
  if (!known) addProtocol('pmtiles', protocol.tile)
  known = true
  const file = protocol.get(url) ?? new PMTiles(url)
  protocol.add(file)
  const { tileType } = await file.getHeader()
  const said = (await file.getMetadata()) as { attribution?: unknown }
  const raster = [TileType.Png, TileType.Jpeg, TileType.Webp, TileType.Avif].includes(tileType)
  return { raster, attribution: typeof said.attribution === 'string' ? said.attribution : '' }
}
