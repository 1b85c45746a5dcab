import { expect, it } from 'vitest';
import { planText } from './plan-text.ts';

const plain = (_name: string, text: string): string => text;
const change = (address: string, actions: string[], more: object = {}) => ({
  address,
  type: 'terraform_data',
  name: address.includes('.node[') ? 'node' : 'network',
  actions,
  before: null,
  after: null,
  action_reason: null,
  ...more,
});

it('names nodes in order, says what differs, and sums up', () => {
  const text = planText(
    {
      id: 'a',
      context: null,
      cluster_name: 'orders',
      destroy: false,
      summary: { add: 1, change: 1, replace: 1, destroy: 1, empty: false },
      changes: [
        change('module.nodes.terraform_data.node["orders-10"]', ['create']),
        change('module.nodes.terraform_data.node["orders-2"]', ['delete', 'create'], {
          action_reason: 'replace_because_cannot_update',
          before: { ports: { ssh: 1 }, same: true },
          after: { ports: { ssh: 2 }, same: true },
        }),
        change('module.nodes.terraform_data.node["orders-3"]', ['delete']),
        change('module.nodes.terraform_data.network', ['update'], {
          before: { subnet: 'a' },
          after: {},
        }),
        change('module.nodes.terraform_data.node["orders-1"]', ['no-op']),
      ],
    },
    plain,
  );
  expect(text).toBe(`To make orders what was asked for:

   ~ network
         subnet: a → known after apply
 -/+ node orders-2 (made anew: cannot update)
         ports.ssh: 1 → 2
   - node orders-3
   + node orders-10

Plan: 1 to add, 1 to change, 1 to replace, 1 to destroy.`);
});

it('says whose account it is, what was found and what it costs', () => {
  const plan = {
    id: 'a',
    cluster_name: 'orders',
    destroy: false,
    summary: { add: 0, change: 0, replace: 0, destroy: 0, empty: true },
    changes: [],
  };
  const context = {
    identity: { account: '123456789012', arn: 'arn:aws:iam::1:user/ada', region: 'eu-west-1' },
    findings: [
      { severity: 'warning', message: 'Two addresses are left.', action: 'Add a subnet.' },
    ],
    cost: { currency: 'USD', per_hour: 0.1234, per_month: 90.082, note: 'An estimate.' },
  };
  const text = planText({ ...plan, context }, plain);
  expect(text).toContain('Account 123456789012, region eu-west-1, as arn:aws:iam::1:user/ada');
  expect(text).toContain('warning: Two addresses are left. Add a subnet.');
  expect(text).toContain('about 0.123 USD an hour, 90.08 a month. An estimate.');
  expect(planText({ ...plan, context: { ...context, cost: null } }, plain)).toContain(
    'Cost: no estimate',
  );
});
