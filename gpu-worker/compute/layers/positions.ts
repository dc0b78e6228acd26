/**
 * Sinusoidal positions, row-major [places, width], each −1…1: sines at even columns, cosines at odd ones, of wave
 * lengths from 2π to 10000·2π (Vaswani et al., "Attention is all you need", 2017, section 3.5). Learned positions are
 * an embedding instead.
 */
export function sinusoidalPositions(places: number, width: number): Float32Array {
  const values = new Float32Array(places * width);
  for (let place = 0; place < places; place++) {
    for (let column = 0; column < width; column++) {
      const angle = place / 10000 ** ((column - (column % 2)) / width);
      values[place * width + column] = column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return values;
}
