/** What the map's routes give; in step with console/positions.py and console/layers.py. */

export interface Seen {
  number: number | null
  id: string
  kind: string
  vehicle_class: string
  plate: string
  at: string | null
  lon: number | null
  lat: number | null
  speed: number | null
  heading: number | null
  ignition: number | null
  load: number | null
  cases: { cases: { id: string; number: string; severity: number; state: string; category: string; text: string; rule: string }[] }
}

export interface Trail {
  id: string
  at: string[]
  lon: number[]
  lat: number[]
  speed: (number | null)[]
}

export interface Found {
  kind: 'vehicle' | 'bin' | 'camera' | 'address' | 'case'
  id: string
  label: string
  detail: string
  lon: number | null
  lat: number | null
}
