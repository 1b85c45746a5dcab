import type { CostEstimate } from '../../../core/plan/plan-context.ts';
import prices from './prices.json' with { type: 'json' };

/** Hours per month, as in the AWS pricing calculator. */
const HOURS_PER_MONTH = 730;

/**
 * Sizes of a type, relative to `large`. Within a family, the AWS prices are proportional to the
 * size. AWS rounds the prices of the smallest sizes, by less than 1.5 %.
 */
const SIZE_FACTORS: Record<string, number> = {
  nano: 1 / 16,
  micro: 1 / 8,
  small: 1 / 4,
  medium: 1 / 2,
  large: 1,
  xlarge: 2,
  '2xlarge': 4,
  '4xlarge': 8,
  '8xlarge': 16,
  '12xlarge': 24,
  '16xlarge': 32,
  '24xlarge': 48,
  '32xlarge': 64,
  '48xlarge': 96,
};

export interface CostInput {
  region: string;
  instanceType: string;
  /** Nodes that run PostgreSQL. Each has a data volume. */
  nodes: number;
  /** Nodes that run only etcd, on the same type of machine but without a data volume. */
  witnessNodes: number;
  rootGib: number;
  /** `throughput` in MiB/s. */
  dataVolume: { sizeGib: number; iops: number; throughput: number };
  /** Number of public IPv4 addresses, including the address of a NAT gateway. */
  publicAddresses: number;
  natGateways: number;
}

/**
 * Estimates the cost of a cluster on AWS, from the table of on-demand prices in this folder. The
 * table has one source and one date, and contains only prices of machines. The other parts are
 * listed with their quantity and without a price.
 * @returns null for a region or type that is not in the table: no price is better than a wrong one
 */
export function estimateCost(input: CostInput): CostEstimate | null {
  const instanceHour = hourOf(input.region, input.instanceType);
  if (instanceHour === null) return null;

  const machines = input.nodes + input.witnessNodes;
  const { sizeGib, iops, throughput } = input.dataVolume;
  const perHour = machines * instanceHour;
  const unknown = [
    [machines, `${machines} × ${input.rootGib} GiB gp3 for the system`],
    [
      input.nodes,
      `${input.nodes} × ${sizeGib} GiB gp3 for data, with ${iops} IOPS and ${throughput} MiB/s`,
    ],
    [input.publicAddresses, `${input.publicAddresses} × public IPv4 address`],
    [input.natGateways, `${input.natGateways} × NAT gateway`],
  ] as const;
  const needed = unknown.filter(([count]) => count > 0).map(([, what]) => what);
  return {
    currency: prices.currency,
    per_hour: rounded(perHour, 4),
    per_month: rounded(perHour * HOURS_PER_MONTH, 2),
    as_of: prices.as_of,
    source: prices.source,
    parts: [
      {
        what: `${machines} × ${input.instanceType}`,
        per_month: rounded(perHour * HOURS_PER_MONTH, 2),
      },
      ...needed.map((what) => ({ what, per_month: null })),
    ],
    note: `Estimate for the machines alone, from on-demand Linux prices as of ${prices.as_of} and ${HOURS_PER_MONTH} hours a month. Price unknown: ${needed.join('; ')}. Also not included: traffic, CPU credits beyond the baseline, snapshots, requests to KMS, discounts, taxes.`,
  };
}

/** @returns null if the region, family or size is not in the table */
function hourOf(region: string, instanceType: string): number | null {
  const families = ownValue<Record<string, number>>(prices.large_hour, region);
  const [family = '', size = ''] = instanceType.split('.');
  const large = families === null ? null : ownValue(families, family);
  const factor = ownValue(SIZE_FACTORS, size);
  return large === null || factor === null ? null : large * factor;
}

function ownValue<T>(table: Record<string, T>, key: string): T | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}

function rounded(amount: number, digits: number): number {
  return Math.round(amount * 10 ** digits) / 10 ** digits;
}
