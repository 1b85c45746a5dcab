import {
  type Cluster,
  createHathiClient,
  type HathiClient,
  HathiProblem,
  HathiUnreachable,
  type Operation,
  type Report,
} from '@hathi/client';
import type { Cli } from '../cli.ts';
import { CliError, problemError, unreachable } from '../render/failure.ts';

export type {
  Cluster,
  ClusterEvent,
  Connection,
  Node,
  Operation,
  OperationEvent,
  Plan,
  Report,
} from '@hathi/client';

const LARGEST_PART = 200;

/** The client, with its errors as errors of the command line. */
export interface Api {
  /** @throws CliError */
  call<T>(ask: (client: HathiClient) => Promise<T>): Promise<T>;
  /** Every cluster, from all pages. */
  clusters(label?: string): Promise<Cluster[]>;
  /** null where replication was never verified. */
  latestReport(cluster: string): Promise<Report | null>;
  operation(id: string): Promise<Operation>;
  client: HathiClient;
  /** @returns an error of the client as one of the command line */
  cliErrorOf(error: unknown): unknown;
}

export function apiOf({ settings: { url, token }, waitingQuietly }: Cli): Api {
  const client = createHathiClient({ baseUrl: url, token: token ?? undefined });
  const cliErrorOf = (error: unknown): unknown => {
    if (error instanceof HathiProblem) return problemError(error.problem);
    if (!(error instanceof HathiUnreachable)) return error;
    return (error.cause as Error | undefined)?.cause === undefined
      ? new CliError('unreachable', `${error.message}.`)
      : unreachable(url, error.cause);
  };
  const call: Api['call'] = async (ask) => {
    try {
      return await waitingQuietly('Waiting for the server', ask(client));
    } catch (error) {
      throw cliErrorOf(error);
    }
  };
  return {
    call,
    client,
    cliErrorOf,
    async clusters(label) {
      const all: Cluster[] = [];
      let cursor: string | null = null;
      do {
        const part: Awaited<ReturnType<HathiClient['listClusters']>> = await call((one) =>
          one.listClusters({
            limit: LARGEST_PART,
            ...(label === undefined ? {} : { label }),
            ...(cursor === null ? {} : { cursor }),
          }),
        );
        all.push(...part.clusters);
        cursor = part.next_cursor;
      } while (cursor !== null);
      return all;
    },
    async latestReport(name) {
      try {
        return await client.getLatestReport({ name });
      } catch (error) {
        if (error instanceof HathiProblem && error.code === 'REPORT_NOT_FOUND') return null;
        throw cliErrorOf(error);
      }
    },
    operation: (id) => call((one) => one.getOperation({ id })),
  };
}
