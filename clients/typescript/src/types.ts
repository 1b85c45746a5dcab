import type { ROUTES } from './generated/routes.ts';
import type { components, operations } from './generated/schema.ts';

type Schemas = components['schemas'];
export type Cluster = Schemas['Cluster'];
export type ClusterNode = Schemas['ClusterNode'];
export type ClusterEvent = Schemas['ClusterEvent'];
export type Connection = Schemas['Connection'];
export type Node = Schemas['Node'];
export type Operation = Schemas['Operation'];
export type OperationEvent = Schemas['OperationEvent'];
export type Plan = Schemas['Plan'];
export type Remedy = Schemas['Remedy'];
export type Report = Schemas['Report'];

export type OperationId = keyof operations & keyof typeof ROUTES;

type Part<Id extends OperationId, Name extends 'path' | 'query'> = operations[Id] extends {
  parameters: { [Key in Name]?: infer Members };
}
  ? [Members] extends [never]
    ? unknown
    : NonNullable<Members>
  : unknown;

type Body<Id extends OperationId> = operations[Id] extends {
  requestBody?: { content: { 'application/json': infer Value } };
}
  ? operations[Id] extends { requestBody: unknown }
    ? { body: Value }
    : { body?: Value }
  : unknown;

/** What every method takes besides. */
export interface CallOptions {
  headers?: Record<string, string>;
  /** For methods that change something: the same key, the same answer. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** Members of the path and of the query stand side by side; `body` is the body. */
export type Arguments<Id extends OperationId> = Part<Id, 'path'> &
  Part<Id, 'query'> &
  Body<Id> &
  CallOptions;

type Good = 200 | 201 | 202 | 204;

export type Answer<Id extends OperationId> = operations[Id] extends { responses: infer Responses }
  ? {
      [Status in keyof Responses & Good]: Responses[Status] extends { content: infer Content }
        ? Content[keyof Content]
        : undefined;
    }[keyof Responses & Good]
  : never;

/** Whether a method can be called without arguments. */
type Method<Id extends OperationId> =
  Record<string, never> extends Arguments<Id>
    ? (args?: Arguments<Id>) => Promise<Answer<Id>>
    : object extends Arguments<Id>
      ? (args?: Arguments<Id>) => Promise<Answer<Id>>
      : (args: Arguments<Id>) => Promise<Answer<Id>>;

/** Operations that return a stream of events. */
export type StreamId = 'followOperation' | 'followCluster' | 'followClusters';

/** A method for each operationId of the API, except the streams, which have methods of their own. */
export type Methods = { [Id in Exclude<OperationId, StreamId>]: Method<Id> };
