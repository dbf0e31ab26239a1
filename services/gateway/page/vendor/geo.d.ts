// The part of d3-geo and topojson-client that the page uses.
type Shape = { type: string; id?: string; geometry?: unknown };
interface Projection {
  (point: [number, number]): [number, number] | null;
  fitExtent(extent: [[number, number], [number, number]], shape: unknown): Projection;
}
export function geoEqualEarth(): Projection;
export function geoGraticule10(): Shape;
export function geoPath(projection: Projection): {
  (shape: unknown): string | null;
  bounds(shape: unknown): [[number, number], [number, number]];
};
export function feature(atlas: unknown, object: unknown): { type: string; features: Shape[] };
export function mesh(atlas: unknown, object: unknown, filter?: (a: unknown, b: unknown) => boolean): Shape;
