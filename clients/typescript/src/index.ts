import { type FollowOptions, follow } from './follow.ts';
import { ROUTES } from './generated/routes.ts';
import { ask, type ClientOptions, type RawAnswer } from './request.ts';
import type { Arguments, Methods, Operation, OperationEvent, OperationId } from './types.ts';

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
  /** The operation once it has ended, in whichever way. */
  waitForOperation(id: string, options?: FollowOptions): Promise<Operation>;
  /** As the method of that name, with the status and the headers, e.g. an `ETag`. */
  raw<Id extends OperationId>(id: Id, args: Arguments<Id>): Promise<RawAnswer>;
}

/**
 * A client of one server. Every method answers with the body and throws HathiProblem for any answer
 * that is not good, HathiUnreachable where nobody answers.
 */
export function createHathiClient(options: ClientOptions = {}): HathiClient {
  const names = (Object.keys(ROUTES) as OperationId[]).filter((id) => id !== 'followOperation');
  const methods = Object.fromEntries(
    names.map((id) => [id, async (args = {}) => (await ask(options, id, args)).data]),
  ) as unknown as Methods;
  return {
    ...methods,
    followOperation: (id, more) => follow(options, id, more),
    async waitForOperation(id, more = {}) {
      for await (const _event of follow(options, id, more)) {
        // The stream ends with the operation.
      }
      return await methods.getOperation({ id, ...(more.signal ? { signal: more.signal } : {}) });
    },
    raw: (id, args) => ask(options, id, args as never),
  };
}
