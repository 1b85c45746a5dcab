import { z } from 'zod';
import { instantSchema } from '../instant.ts';

/** A metric of a node over time. `rate`: increase per second of a counter. */
interface SeriesMetric {
  unit: string;
  kind: 'gauge' | 'rate';
  description: string;
}

/** Metrics with a history. A gauge is averaged where several rounds become one point. */
export const SERIES = {
  lag_bytes: {
    unit: 'bytes',
    kind: 'gauge',
    description: 'WAL that a replica has not replayed yet.',
  },
  lag_seconds: {
    unit: 'seconds',
    kind: 'gauge',
    description: 'Age of the newest replayed commit of a replica that lags.',
  },
  connections: { unit: 'connections', kind: 'gauge', description: 'Sessions of clients.' },
  commits: {
    unit: 'transactions per second',
    kind: 'rate',
    description: 'Committed transactions.',
  },
  wal_bytes: { unit: 'bytes per second', kind: 'rate', description: 'WAL that the primary wrote.' },
  disk_used_ratio: {
    unit: 'ratio',
    kind: 'gauge',
    description: 'Used part of the disk of the data directory, 0 to 1.',
  },
  memory_used_ratio: { unit: 'ratio', kind: 'gauge', description: 'Used part of memory, 0 to 1.' },
  load: { unit: 'processes', kind: 'gauge', description: 'Load average of one minute.' },
} as const satisfies Record<string, SeriesMetric>;
export type SeriesName = keyof typeof SERIES;
export const SERIES_NAMES = Object.keys(SERIES) as [SeriesName, ...SeriesName[]];

/** Values of one node in one round. A value that was not observed is null. */
export type Sample = { node: string; at: string } & Record<SeriesName, number | null>;

export const seriesSchema = z.object({
  cluster: z.string(),
  metric: z.enum(SERIES_NAMES),
  unit: z.string(),
  from: instantSchema,
  to: instantSchema,
  resolution_seconds: z.int().describe('Seconds between two points.'),
  nodes: z.array(
    z.object({
      name: z.string(),
      points: z.array(
        z.object({ at: instantSchema.describe('Start of the interval.'), value: z.number() }),
      ),
    }),
  ),
});
export type Series = z.infer<typeof seriesSchema>;

/** Seconds for which each round is kept. Older points are averages of a minute. */
export const ROUNDS_KEPT_SECONDS = 2 * 86_400;
export const MINUTES_KEPT_SECONDS = 30 * 86_400;

const MOST_POINTS = 720;
const RESOLUTIONS = [5, 10, 30, 60, 300, 900, 3_600, 14_400];

/** Seconds between two points, so that a node has at most 720 points. */
export function resolutionOf(from: Date, to: Date): number {
  const seconds = (to.getTime() - from.getTime()) / 1_000;
  return RESOLUTIONS.find((one) => seconds / one <= MOST_POINTS) ?? 86_400;
}
