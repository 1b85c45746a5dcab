import { expect, onTestFinished } from 'vitest';
import type { ClusterEvent } from '../../src/core/observation/cluster-event.ts';
import type { Condition, ConditionType } from '../../src/core/observation/condition.ts';
import type { Failover } from '../../src/core/observation/failover.ts';
import type { ObservedNode } from '../../src/core/observation/observed-node.ts';
import type { Remedy } from '../../src/core/remedy.ts';
import type { ClusterHarness } from './cluster-harness.ts';
import { waitFor } from './wait-for.ts';

const CLUSTER = '/api/v1/clusters/default';
/** Three rounds, the round in which a finding settles, and a reserve for a busy machine. */
export const NOTICE_SECONDS = 30;
const RETURN_SECONDS = 90;

/** Where a failure happens. */
export interface FailureSite {
  harness: ClusterHarness;
  primary: string;
  replicas: readonly [string, string];
  /** The node that fails. */
  node: string;
}

/** A condition that a failure changes. */
export interface Expected {
  type: ConditionType;
  reason: string;
  message: RegExp;
  remedy: Partial<Remedy>;
}

export interface NodeFailure {
  /** Role of the node that fails. */
  on: 'primary' | 'replica';
  /** Takes place before the time is measured. */
  prepares?: (site: FailureSite) => Promise<unknown>;
  breaks: (site: FailureSite) => Promise<unknown>;
  repairs: (site: FailureSite) => Promise<unknown>;
  expected: (site: FailureSite) => Expected[];
}

/** Nodes of the API: the facts, and the time of the last connection. */
interface ObservedNodeDocument {
  name: string;
  observation: Omit<ObservedNode, 'name'>;
}

/** Breaks a real cluster, and measures when its conditions show it. */
export class ConditionWatch {
  readonly harness: ClusterHarness;
  /** One line for each measurement. */
  readonly measured: string[] = [];

  constructor(harness: ClusterHarness) {
    this.harness = harness;
  }

  async condition(type: ConditionType): Promise<Condition> {
    const { conditions } = await this.harness.cluster();
    const found = conditions.find((one) => one.type === type);
    if (found === undefined) throw new Error(`The condition ${type} was not evaluated yet.`);
    return found;
  }

  async untilHealthy(): Promise<void> {
    await waitFor('the status healthy', RETURN_SECONDS, async () => {
      const { status, conditions } = await this.harness.cluster();
      const failed = conditions.filter((one) => one.status !== 'true');
      if (status !== 'healthy') throw new Error(`${status}: ${JSON.stringify(failed)}`);
      return true;
    });
  }

  /** Waits until the condition does not hold for that reason. */
  async notice(type: ConditionType, reason: string, began = performance.now()): Promise<Condition> {
    const found = await waitFor(`${type} ${reason}`, NOTICE_SECONDS, async () => {
      const one = await this.condition(type);
      if (one.status === 'false' && one.reason === reason) return one;
      throw new Error(JSON.stringify(one));
    });
    this.measure(`${type} ${reason}`, began, found.message);
    expect(found.remedy).not.toBeNull();
    return found;
  }

  measure(what: string, began: number, message = ''): void {
    const seconds = (performance.now() - began) / 1_000;
    this.measured.push(`  ${what}: ${seconds.toFixed(1)} s. ${message}`);
  }

  async roles(): Promise<{ primary: string; replicas: [string, string] }> {
    const { primary, nodes } = await this.harness.topology();
    const [one, other] = nodes.filter(({ role }) => role === 'replica');
    if (primary === null || !one || !other) throw new Error('The roles are not known.');
    return { primary, replicas: [one.name, other.name] };
  }

  /** The facts of a node, as the API displays them. */
  async observation(node: string): Promise<Omit<ObservedNode, 'name'>> {
    const { body } = await this.harness.get<{ nodes: ObservedNodeDocument[] }>(`${CLUSTER}/nodes`);
    const found = body.nodes.find(({ name }) => name === node);
    if (found === undefined) throw new Error(`${node} is not displayed.`);
    return found.observation;
  }

  async failovers(): Promise<Failover[]> {
    const { body } = await this.harness.get<{ failovers: Failover[] }>(`${CLUSTER}/failovers`);
    return body.failovers;
  }

  /** All events of the cluster with a greater sequence. */
  async events(after = 0): Promise<ClusterEvent[]> {
    const url = `${this.harness.url}${CLUSTER}/events?follow=false&after=${after}`;
    const text = await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text();
    return text
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => JSON.parse(line.slice('data:'.length)) as ClusterEvent);
  }

  /** Sequence of the newest event. */
  async newestEvent(): Promise<number> {
    return (await this.events()).at(-1)?.sequence ?? 0;
  }

  /** Breaks a healthy cluster, expects the conditions, repairs it, and waits until it is healthy. */
  async observe(failure: NodeFailure): Promise<void> {
    await this.untilHealthy();
    const { primary, replicas } = await this.roles();
    const node = failure.on === 'primary' ? primary : replicas[0];
    const site = { harness: this.harness, primary, replicas, node };
    let isBroken = true;
    onTestFinished(async () => {
      if (isBroken) await failure.repairs(site);
    });
    await failure.prepares?.(site);
    await failure.breaks(site);
    const broken = performance.now();
    for (const { type, reason, message, remedy } of failure.expected(site)) {
      const found = await this.notice(type, reason, broken);
      expect(found.message).toMatch(message);
      expect(found.message).toMatch(/^\S.*\.$/);
      expect(found.remedy).toMatchObject(remedy);
      expect(`${found.message} ${found.remedy?.node}`).toMatch(/default-\d/);
    }
    await failure.repairs(site);
    isBroken = false;
    const repaired = performance.now();
    await this.untilHealthy();
    this.measure('healthy again', repaired);
  }
}
