import { describe, expect, it } from 'vitest';
import { KNOWN_REGIONS } from '../settings/region.ts';
import { type CostInput, estimateCost } from './cost-estimate.ts';
import prices from './prices.json' with { type: 'json' };

const input = (changes: Partial<CostInput> = {}): CostInput => ({
  region: 'eu-central-1',
  instanceType: 't3.medium',
  nodes: 2,
  witnessNodes: 1,
  rootGib: 12,
  dataVolume: { sizeGib: 20, iops: 3_000, throughput: 125 },
  publicAddresses: 3,
  natGateways: 0,
  ...changes,
});

const hourOf = (region: string, instanceType: string) =>
  estimateCost(input({ region, instanceType, nodes: 1, witnessNodes: 0 }))?.per_hour;

it('adds up the machines, and lists what has no price', () => {
  // 3 × 0.048 × 730 = 105.12.
  expect(estimateCost(input())).toMatchObject({
    currency: 'USD',
    per_month: 105.12,
    per_hour: 0.144,
    parts: [
      { what: '3 × t3.medium', per_month: 105.12 },
      { what: '3 × 12 GiB gp3 for the system', per_month: null },
      { what: '2 × 20 GiB gp3 for data, with 3000 IOPS and 125 MiB/s', per_month: null },
      { what: '3 × public IPv4 address', per_month: null },
    ],
  });
  const own = estimateCost(input({ publicAddresses: 1, natGateways: 1 }));
  expect(own?.parts.at(-1)).toEqual({ what: '1 × NAT gateway', per_month: null });
});

it('states the date and source of its prices, and what is unknown', () => {
  const estimate = estimateCost(input());
  expect(estimate?.as_of).toMatch(/^20\d\d-\d\d-\d\d$/);
  expect(estimate?.source).toContain('AWS Price List');
  expect(estimate?.note).toContain(`as of ${estimate?.as_of}`);
  expect(estimate?.note).toMatch(/Price unknown: 3 × 12 GiB gp3.*; 3 × public IPv4.*taxes/);
});

it('gives no price rather than a wrong one', () => {
  for (const instanceType of ['x9.medium', 't3.metal', 'm7g', 'constructor', 'constructor.large']) {
    expect(estimateCost(input({ instanceType }))).toBeNull();
  }
  expect(estimateCost(input({ region: 'mars-north-1' }))).toBeNull();
  expect(estimateCost(input({ region: '__proto__' }))).toBeNull();
});

describe('the table', () => {
  // On-demand prices of AWS for us-east-1, with the precision that AWS publishes.
  it.each([
    ['t3.medium', 0.0416],
    ['t4g.medium', 0.0336],
    ['m6i.4xlarge', 0.768],
    ['m7g.medium', 0.0408],
    ['m7g.16xlarge', 2.6112],
    ['m7i.large', 0.1008],
    ['m7i.48xlarge', 9.6768],
    ['r7g.large', 0.1071],
    ['c7g.xlarge', 0.145],
  ])('has %s', (instanceType, price) => {
    expect(hourOf('us-east-1', instanceType)).toBeCloseTo(price, 4);
  });

  it('has the current families in the large regions', () => {
    const regions = ['us-east-1', 'us-east-2', 'us-west-2', 'ca-central-1', 'eu-central-1'];
    for (const region of [...regions, 'eu-west-1', 'eu-west-2', 'ap-southeast-1', 'sa-east-1']) {
      for (const family of ['t3', 't4g', 'm6i', 'm7g', 'm7i', 'r7g', 'c7g']) {
        expect(hourOf(region, `${family}.large`), `${region} ${family}`).toBeGreaterThan(0.05);
      }
    }
  });

  it('has only regions of AWS, and prices near those of us-east-1', () => {
    const table: Record<string, Record<string, number>> = prices.large_hour;
    expect(Object.keys(table).length).toBeGreaterThan(30);
    for (const [region, families] of Object.entries(table)) {
      expect(KNOWN_REGIONS).toContain(region);
      for (const [family, price] of Object.entries(families)) {
        const there = table['us-east-1']?.[family] ?? 0;
        expect(price / there, `${region} ${family}`).toBeGreaterThan(0.5);
        expect(price / there, `${region} ${family}`).toBeLessThan(2);
      }
    }
  });
});
