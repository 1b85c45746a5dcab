import { type FollowOptions, follow } from './follow.ts';
import { ROUTES } from './generated/routes.ts';
import { ask, type ClientOptions, type RawAnswer } from './request.ts';
import type {
  Arguments,
  ClusterEvent,
  Methods,
  Operation,
  OperationEvent,
  OperationId,
  StreamId,
} from './types.ts';

export type { FollowOptions } from './follow.ts';
export { CLUSTER_VALUES } from './generated/values.ts';
export { HathiProblem, HathiUnreachable, type Problem } from './problem.ts';
export type { ClientOptions, RawAnswer } from './request.ts';
export type * from './types.ts';

export interface HathiClient extends Methods {
  /**
   * Every event of an operation once, as it comes; survives broken connections and a server that is
   * restarted. Ends with the operation.
   */
  followOperation(
    id: string,
    options?: FollowOptions,
  ): AsyncGenerator<OperationEvent, void, undefined>;
  /** Changes of conditions and roles of a cluster. Has no end. */
  followCluster(
    name: string,
    options?: FollowOptions,
  ): AsyncGenerator<ClusterEvent, void, undefined>;
  /** The same for all clusters. */
  followClusters(options?: FollowOptions): AsyncGenerator<ClusterEvent, void, undefined>;
  /** The operation once it has ended, in whichever way. */
  waitForOperation(id: string, options?: FollowOptions): Promise<Operation>;
  /** As the method of that name, with the status and the headers, e.g. an `ETag`. */
  raw<Id extends OperationId>(id: Id, args: Arguments<Id>): Promise<RawAnswer>;
}

const STREAMS: readonly StreamId[] = ['followOperation', 'followCluster', 'followClusters'];

/**
 * A client of one server. Every method answers with the body and throws HathiProblem for any answer
 * that is not good, HathiUnreachable where nobody answers.
 */
export function createHathiClient(options: ClientOptions = {}): HathiClient {
  const names = (Object.keys(ROUTES) as OperationId[]).filter(
    (id) => !(STREAMS as readonly string[]).includes(id),
  );
  const methods = Object.fromEntries(
    names.map((id) => [id, async (args = {}) => (await ask(options, id, args)).data]),
  ) as unknown as Methods;
  const followOperation = (id: string, more: FollowOptions = {}) =>
    follow<OperationEvent>(
      options,
      { route: 'followOperation', path: { id } },
      { after: 0, ...more },
    );
  return {
    ...methods,
    followOperation,
    followCluster: (name, more) =>
      follow(options, { route: 'followCluster', path: { name } }, more),
    followClusters: (more) => follow(options, { route: 'followClusters', path: {} }, more),
    async waitForOperation(id, more = {}) {
      for await (const _event of followOperation(id, more)) {
        // The stream ends with the operation.
      }
      return await methods.getOperation({ id, ...(more.signal ? { signal: more.signal } : {}) });
    },
    raw: (id, args) => ask(options, id, args as never),
  };
}
