/**
 * Vehicles in one WebGL layer: a point each, placed and turned by the graphics card, so that a frame costs the same however
 * many glide. Shape: what kind of vehicle; colour and fill: moving, standing (hollow), silent (faint); the nose points where
 * it drives.
 */

import type { CustomLayerInterface, CustomRenderMethodInput, Map as MapLibre } from 'maplibre-gl'

import type { Fleet, Motion } from './fleet'
import { token } from './style'

const FLOATS = 9
/** Shapes: arrow, square, circle, diamond. */
export const SHAPES = 4
const COLOURS: Record<Motion, string> = { moving: 'map-moving', standing: 'map-standing', silent: 'map-silent' }

const VERTEX = `#version 300 es
layout(location=0) in vec4 a_way;
layout(location=1) in vec2 a_time;
layout(location=2) in vec3 a_look;
uniform mat4 u_matrix;
uniform float u_now, u_size;
out vec2 v_turn;
flat out int v_shape, v_motion, v_chosen;
void main() {
  float share = clamp((u_now - a_time.x) / max(a_time.y - a_time.x, 0.001), 0.0, 1.0);
  gl_Position = u_matrix * vec4(mix(a_way.xy, a_way.zw, share), 0.0, 1.0);
  v_shape = int(a_look.y);
  v_motion = int(a_look.z) % 4;
  v_chosen = int(a_look.z) / 4;
  gl_PointSize = u_size * (v_chosen > 0 ? 1.5 : 1.0);
  v_turn = a_look.x < 0.0 ? vec2(0.0) : vec2(sin(a_look.x), cos(a_look.x));
}`

const FRAGMENT = `#version 300 es
precision highp float;
in vec2 v_turn;
flat in int v_shape, v_motion, v_chosen;
uniform vec3 u_colours[3];
uniform vec3 u_edge;
uniform float u_size;
out vec4 colour;
float polygon(vec2 p, vec2 a, vec2 b, vec2 c) { // distance to a triangle
  vec2 e0 = b - a, e1 = c - b, e2 = a - c, v0 = p - a, v1 = p - b, v2 = p - c;
  vec2 q0 = v0 - e0 * clamp(dot(v0, e0) / dot(e0, e0), 0.0, 1.0);
  vec2 q1 = v1 - e1 * clamp(dot(v1, e1) / dot(e1, e1), 0.0, 1.0);
  vec2 q2 = v2 - e2 * clamp(dot(v2, e2) / dot(e2, e2), 0.0, 1.0);
  float s = sign(e0.x * e2.y - e0.y * e2.x);
  vec2 d = min(min(vec2(dot(q0, q0), s * (v0.x * e0.y - v0.y * e0.x)),
                   vec2(dot(q1, q1), s * (v1.x * e1.y - v1.y * e1.x))),
                   vec2(dot(q2, q2), s * (v2.x * e2.y - v2.y * e2.x)));
  return -sqrt(d.x) * sign(d.y);
}
void main() {
  vec2 p = gl_PointCoord * 2.0 - 1.0;
  p.y = -p.y;
  bool turns = v_turn != vec2(0.0);
  if (turns) p = vec2(p.x * v_turn.y - p.y * v_turn.x, p.x * v_turn.x + p.y * v_turn.y);
  float d;
  if (v_shape == 0 && turns) d = min(polygon(p, vec2(0.0, 0.85), vec2(0.55, -0.65), vec2(0.0, -0.3)), polygon(p, vec2(0.0, 0.85), vec2(0.0, -0.3), vec2(-0.55, -0.65)));
  else if (v_shape == 1) { vec2 q = abs(p) - vec2(0.36, 0.42); d = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - 0.06; }
  else if (v_shape == 3) d = (abs(p.x) + abs(p.y) - 0.62) * 0.7071;
  else d = length(p) - 0.48;
  if (turns && v_shape != 0) d = min(d, polygon(p, vec2(0.0, 0.9), vec2(0.28, 0.42), vec2(-0.28, 0.42)));
  float soft = 2.2 / u_size;
  float inside = 1.0 - smoothstep(-soft, soft * 0.2, d);
  float edge = 1.0 - smoothstep(0.0, soft, d - 0.11);
  if (edge <= 0.0) discard;
  vec3 own = u_colours[v_motion];
  float hollow = v_motion == 1 ? smoothstep(-0.16 - soft, -0.16, d) : 1.0;
  vec3 fill = mix(u_edge, own, hollow);
  float strength = v_motion == 2 ? 0.65 : 1.0;
  vec3 rim = v_chosen > 0 ? own : u_edge;
  colour = vec4(mix(rim, fill, inside), 1.0) * edge * strength;
}`

function rgb(colour: string): [number, number, number] {
  const [r, g, b] = (/^#(..)(..)(..)$/.exec(colour) ?? []).slice(1).map((each) => parseInt(each, 16) / 255)
  return [r ?? 0.5, g ?? 0.5, b ?? 0.5]
}

export class FleetLayer implements CustomLayerInterface {
  readonly id = 'fleet'
  readonly type = 'custom'
  /** The number of the one that is chosen; -1: none. */
  chosen = -1
  hidden = false
  private map: MapLibre | null = null
  private gl: WebGL2RenderingContext | null = null
  private program: WebGLProgram | null = null
  private buffer: WebGLBuffer | null = null
  private array: WebGLVertexArrayObject | null = null
  private places = new Map<string, WebGLUniformLocation | null>()
  private origin: [number, number] = [0, 0]
  private drawn = 0
  private begun = 0
  private stale = true
  private colours = new Float32Array(9)
  private edge: [number, number, number] = [1, 1, 1]

  /** shape: of a class, 0 to SHAPES. */
  constructor(private readonly fleet: Fleet, private readonly shape: (vehicleClass: string) => number) {}

  onAdd(map: MapLibre, gl: WebGLRenderingContext | WebGL2RenderingContext): void {
    this.map = map
    this.gl = gl as WebGL2RenderingContext
    this.program = link(this.gl)
    for (const name of ['u_matrix', 'u_now', 'u_size', 'u_colours', 'u_edge']) {
      this.places.set(name, this.gl.getUniformLocation(this.program, name))
    }
    this.buffer = this.gl.createBuffer()
    this.array = this.gl.createVertexArray()
    this.gl.bindVertexArray(this.array)
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffer)
    for (const [at, size, from] of [[0, 4, 0], [1, 2, 4], [2, 3, 6]] as const) {
      this.gl.enableVertexAttribArray(at)
      this.gl.vertexAttribPointer(at, size, this.gl.FLOAT, false, FLOATS * 4, from * 4)
    }
    this.gl.bindVertexArray(null)
    this.colours = new Float32Array((Object.keys(COLOURS) as Motion[]).flatMap((each) => rgb(token(COLOURS[each]))))
    this.edge = rgb(token('map-ground'))
    this.changed()
  }

  onRemove(): void {
    this.gl?.deleteBuffer(this.buffer)
    this.gl?.deleteVertexArray(this.array)
    this.gl?.deleteProgram(this.program)
    this.map = this.gl = null
  }

  /** Something has come, or another is chosen. */
  changed(): void {
    this.stale = true
    this.map?.triggerRepaint()
  }

  /** Offsets from a place among them: 32 bits are too few for centimetres on a whole world. */
  private upload(gl: WebGL2RenderingContext): void {
    const { fleet } = this
    const data = new Float32Array(fleet.count * FLOATS)
    this.begun = fleet.clock()
    this.drawn = 0
    for (let n = 0; n < fleet.count; n++) {
      if (!fleet.drawn(n)) continue
      if (this.drawn === 0) this.origin = [fleet.way[n * 4 + 2]!, fleet.way[n * 4 + 3]!]
      const at = this.drawn * FLOATS
      for (let k = 0; k < 4; k++) data[at + k] = fleet.way[n * 4 + k]! - this.origin[k % 2]!
      data[at + 4] = fleet.time[n * 2]! - this.begun
      data[at + 5] = fleet.time[n * 2 + 1]! - this.begun
      const heading = fleet.heading[n]!
      data[at + 6] = heading === 255 ? -1 : (heading / 256) * 2 * Math.PI
      data[at + 7] = this.shape(fleet.who[n]?.vehicle_class ?? '')
      data[at + 8] = ['moving', 'standing', 'silent'].indexOf(fleet.motion(n)) + (n === this.chosen ? 4 : 0)
      this.drawn++
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer)
    gl.bufferData(gl.ARRAY_BUFFER, data.subarray(0, this.drawn * FLOATS), gl.DYNAMIC_DRAW)
    this.stale = false
  }

  render(context: WebGLRenderingContext | WebGL2RenderingContext, input: CustomRenderMethodInput): void {
    const gl = context as WebGL2RenderingContext
    if (this.hidden || !this.program || !this.map) return
    if (this.stale) this.upload(gl)
    if (!this.drawn) return
    const m = input.defaultProjectionData.mainMatrix
    const [x, y] = this.origin
    const moved = new Float32Array(16)
    for (let k = 0; k < 16; k++) moved[k] = m[k]!
    for (let k = 0; k < 4; k++) moved[12 + k] = m[k]! * x + m[4 + k]! * y + m[12 + k]!
    const size = Math.min(Math.max((this.map.getZoom() - 8) * 5, 12), 34) * window.devicePixelRatio
    const now = this.fleet.clock()
    gl.useProgram(this.program)
    gl.bindVertexArray(this.array)
    gl.uniformMatrix4fv(this.places.get('u_matrix')!, false, moved)
    gl.uniform1f(this.places.get('u_now')!, now - this.begun)
    gl.uniform1f(this.places.get('u_size')!, size)
    gl.uniform3fv(this.places.get('u_colours')!, this.colours)
    gl.uniform3fv(this.places.get('u_edge')!, this.edge)
    gl.disable(gl.DEPTH_TEST)
    gl.disable(gl.STENCIL_TEST)
    gl.enable(gl.BLEND)
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
    gl.drawArrays(gl.POINTS, 0, this.drawn)
    gl.bindVertexArray(null)
    if (now < this.fleet.until) this.map.triggerRepaint()
  }
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram()
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind)!
    gl.shaderSource(shader, text)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? 'no program')
  return program
}
