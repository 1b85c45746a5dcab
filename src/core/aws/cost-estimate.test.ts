import { expect, it } from 'vitest';
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

it('adds up machines, volumes and addresses', () => {
  // 3 × 0.048 × 730 = 105.12; 3 × 12 × 0.0952 = 3.4272; 2 × 20 × 0.0952 = 3.808;
  // 3 × 0.005 × 730 = 10.95; together 123.3052, which is 0.16891… an hour.
  expect(estimateCost(input())).toMatchObject({
    currency: 'USD',
    per_month: 123.31,
    per_hour: 0.1689,
    parts: [
      { what: '3 × t3.medium', per_month: 105.12 },
      { what: '3 × 12 GiB gp3 for the system', per_month: 3.43 },
      { what: '2 × 20 GiB gp3 for data', per_month: 3.81 },
      { what: '3 × public IPv4 address', per_month: 10.95 },
    ],
  });
});

it('counts IOPS and throughput beyond what is free, and a NAT gateway', () => {
  // 0.096 × 730 = 70.08; 12 × 0.08 = 0.96; 100 × 0.08 = 8; 1000 × 0.005 = 5; 125 × 0.04 = 5;
  // 0.005 × 730 = 3.65; 0.045 × 730 = 32.85; together 125.54.
  const estimate = estimateCost(
    input({
      region: 'us-east-1',
      instanceType: 'm6i.large',
      nodes: 1,
      witnessNodes: 0,
      dataVolume: { sizeGib: 100, iops: 4_000, throughput: 250 },
      publicAddresses: 1,
      natGateways: 1,
    }),
  );
  expect(estimate?.per_month).toBe(125.54);
  expect(estimate?.parts.map(({ per_month }) => per_month)).toEqual([
    70.08, 0.96, 8, 5, 5, 3.65, 32.85,
  ]);
});

it('says that it is an estimate, how old it is and what it leaves out', () => {
  const estimate = estimateCost(input());
  expect(estimate?.as_of).toMatch(/^20\d\d-\d\d$/);
  expect(estimate?.note).toContain(`as of ${estimate?.as_of}`);
  expect(estimate?.note).toMatch(/^Estimate .*[Tt]raffic.*snapshots.*taxes/);
});

it('gives none rather than a wrong one', () => {
  expect(estimateCost(input({ instanceType: 'x9.medium' }))).toBeNull();
  expect(estimateCost(input({ region: 'mars-north-1' }))).toBeNull();
  expect(estimateCost(input({ instanceType: 'constructor' }))).toBeNull();
  expect(estimateCost(input({ region: '__proto__' }))).toBeNull();
});

it('has prices that a family doubles from size to size', () => {
  for (const [region, { instance_hour }] of Object.entries(prices.regions)) {
    const table = instance_hour as Record<string, number>;
    for (const [type, price] of Object.entries(table)) {
      const double = table[type.replace(/\.large$/, '.xlarge').replace(/\.medium$/, '.large')];
      if (double === undefined || double === price) continue;
      expect(double / price, `${region} ${type}`).toBeCloseTo(2, 1);
    }
  }
});
