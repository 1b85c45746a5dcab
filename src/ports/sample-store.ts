import type { Sample, Series, SeriesName } from '../core/observation/series.ts';

export interface SeriesQuery {
  clusterId: string;
  metric: SeriesName;
  from: Date;
  to: Date;
  resolutionSeconds: number;
}

/** History of the nodes: each round for two days, averages of a minute for 30 days. */
export interface SampleStore {
  insert(clusterId: string, samples: readonly Sample[]): Promise<void>;
  /** Points of the nodes in order of time; a node without points is left out. */
  series(query: SeriesQuery): Promise<Series['nodes']>;
  /** Calculates the missing averages of complete minutes. */
  aggregate(now: Date): Promise<void>;
  /**
   * Removes old rows, a limited number at a time.
   * @returns whether more old rows can exist
   */
  prune(now: Date): Promise<boolean>;
}
