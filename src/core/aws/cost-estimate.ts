import prices from './prices.json' with { type: 'json' };

/** Hours of a month, as AWS counts them in its own calculator. */
const HOURS_PER_MONTH = 730;
/** What every gp3 volume has at no charge beyond its size. */
const FREE_IOPS = 3_000;
const FREE_THROUGHPUT_MIB_S = 125;

interface RegionPrices {
  gp3: { gib_month: number; iops_month: number; mib_s_month: number };
  nat_gateway_hour: number;
  instance_hour: Record<string, number>;
}

export interface CostInput {
  region: string;
  instanceType: string;
  /** Nodes with PostgreSQL, each with a data volume. */
  nodes: number;
  /** Nodes with etcd alone: the same machine without a data volume. */
  witnessNodes: number;
  rootGib: number;
  /** `throughput` in MiB/s. */
  dataVolume: { sizeGib: number; iops: number; throughput: number };
  /** Public IPv4 addresses, a NAT gateway's among them. */
  publicAddresses: number;
  natGateways: number;
}

/** Amounts are in `currency`, before taxes. */
export interface CostEstimate {
  currency: string;
  per_hour: number;
  /** Of 730 hours. */
  per_month: number;
  /** The month of the table's prices, `YYYY-MM`. */
  as_of: string;
  parts: { what: string; per_month: number }[];
  /** Says in words that it is an estimate, how old its prices are and what it leaves out. */
  note: string;
}

/**
 * What a cluster costs on AWS, from the small table of on-demand prices beside this file.
 * @returns null for a region or type that the table does not have: none is better than a wrong one
 */
export function estimateCost(input: CostInput): CostEstimate | null {
  const region = lookUp<RegionPrices>(prices.regions, input.region);
  const instanceHour = region ? lookUp(region.instance_hour, input.instanceType) : null;
  if (region === null || instanceHour === null) return null;

  const machines = input.nodes + input.witnessNodes;
  const { sizeGib, iops, throughput } = input.dataVolume;
  const { gp3 } = region;
  const all: [what: string, perMonth: number][] = [
    [`${machines} × ${input.instanceType}`, machines * instanceHour * HOURS_PER_MONTH],
    [
      `${machines} × ${input.rootGib} GiB gp3 for the system`,
      machines * input.rootGib * gp3.gib_month,
    ],
    [`${input.nodes} × ${sizeGib} GiB gp3 for data`, input.nodes * sizeGib * gp3.gib_month],
    [
      `${input.nodes} × ${iops} IOPS, ${FREE_IOPS} of them free`,
      input.nodes * Math.max(0, iops - FREE_IOPS) * gp3.iops_month,
    ],
    [
      `${input.nodes} × ${throughput} MiB/s, ${FREE_THROUGHPUT_MIB_S} of them free`,
      input.nodes * Math.max(0, throughput - FREE_THROUGHPUT_MIB_S) * gp3.mib_s_month,
    ],
    [
      `${input.publicAddresses} × public IPv4 address`,
      input.publicAddresses * prices.public_ipv4_hour * HOURS_PER_MONTH,
    ],
    [
      `${input.natGateways} × NAT gateway`,
      input.natGateways * region.nat_gateway_hour * HOURS_PER_MONTH,
    ],
  ];
  const total = all.reduce((sum, [, perMonth]) => sum + perMonth, 0);
  return {
    currency: prices.currency,
    per_hour: rounded(total / HOURS_PER_MONTH, 4),
    per_month: rounded(total, 2),
    as_of: prices.as_of,
    parts: all
      .filter(([, perMonth]) => perMonth > 0)
      .map(([what, perMonth]) => ({ what, per_month: rounded(perMonth, 2) })),
    note: `Estimate from on-demand Linux prices as of ${prices.as_of}, ${HOURS_PER_MONTH} hours a month. Traffic, CPU credits beyond the baseline, snapshots, requests to KMS, discounts and taxes are left out.`,
  };
}

function lookUp<T>(table: Record<string, T>, key: string): T | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}

function rounded(amount: number, digits: number): number {
  return Math.round(amount * 10 ** digits) / 10 ** digits;
}
