/** @param values at least one; of an even number, the mean of the middle two */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('a median needs a value');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const low = sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? 0;
  return (low + (sorted[middle] ?? 0)) / 2;
}

/** `6.20 (5.01–11.30)`: the median, and in brackets the smallest and the largest. */
export function spread(values: readonly number[], digits = 2): string {
  if (values.length === 0) return '–';
  if (values.length === 1) return median(values).toFixed(digits);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

export interface Ratio {
  /** The median of the one over the median of the other. */
  ofMedians: number;
  /** One for each round, in which both were measured one after the other. */
  pairs: number[];
}

/** @param pairs of one round each: what is above the line, then what is below; null for none */
export function ratioOf(pairs: readonly (readonly [number, number])[]): Ratio | null {
  if (pairs.length === 0) return null;
  return {
    ofMedians: median(pairs.map(([above]) => above)) / median(pairs.map(([, below]) => below)),
    pairs: pairs.map(([above, below]) => above / below),
  };
}
