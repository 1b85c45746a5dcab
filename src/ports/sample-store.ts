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
  /** Makes the averages of complete minutes that have none yet. */
  aggregate(now: Date): Promise<void>;
  /**
   * Removes what is too old, a limited number of rows at a time.
   * @returns whether there can be more
   */
  prune(now: Date): Promise<boolean>;
}
