import { expect, it } from 'vitest';
import { planText } from './plan-text.ts';

const plain = (_name: string, text: string): string => text;
const EFFECTS: Record<string, string> = {
  create: 'adds',
  delete: 'removes',
  'delete,create': 'replaces',
};
const change = (address: string, actions: string[], more: object = {}) => ({
  address,
  type: 'terraform_data',
  name: address.includes('.node[') ? 'node' : 'network',
  actions,
  before: null,
  after: null,
  action_reason: null,
  role: null,
  effect: EFFECTS[actions.join()] ?? 'in-place',
  ...more,
});

it('names nodes in order, says what differs, and sums up', () => {
  const text = planText(
    {
      id: 'a',
      context: null,
      refusals: [],
      starts: [{ node: 'orders-1' }],
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
  expect(text).toBe(`Changes to cluster orders:

 -/+ node orders-2 (replaced: cannot update)
         ports.ssh: 1 → 2
   - node orders-3
   ~ network
         subnet: a → known after apply
   + node orders-10
   > node orders-1 is stopped, and will be started

Plan: 1 to add, 1 to change, 1 to replace, 1 to destroy, 1 to start.`);
});

it('shows removals of data first and in red, with the observed role and why they are refused', () => {
  const marked = (name: string, text: string): string => `<${name}>${text}</${name}>`;
  const text = planText(
    {
      id: 'a',
      context: null,
      cluster_name: 'orders',
      destroy: false,
      summary: { add: 0, change: 0, replace: 1, destroy: 2, empty: false },
      changes: [
        change('module.cluster.terraform_data.network', ['delete', 'create']),
        change('module.cluster.terraform_data.node["orders-3"]', ['delete'], {
          role: 'witness',
        }),
        change('module.cluster.terraform_data.node["orders-9"]', ['delete'], {
          role: 'primary',
          effect: 'loses-data',
        }),
      ],
      starts: [],
      refusals: [
        {
          message: 'orders-9 is the primary.',
          action: 'Keep it.',
          remedies: [{ action: 'run-step', step: 'plan-terraform', cluster: 'orders' }],
        },
      ],
    },
    marked,
  );
  expect(text).toContain(`\
 <red>  - node orders-9 (primary), its data is removed</red>
 <red>-/+ network (replaced)</red>
 <red>  - node orders-3 (witness)</red>

<red>Refused: this plan cannot be applied.</red>
<red>  orders-9 is the primary.</red>
Keep it.
  Next: hathi api POST /plan-terraform '{"cluster":"orders"}'`);
});

it('says whose account it is, what was found and what it costs', () => {
  const plan = {
    id: 'a',
    cluster_name: 'orders',
    destroy: false,
    summary: { add: 0, change: 0, replace: 0, destroy: 0, empty: true },
    changes: [],
    refusals: [],
    starts: [],
  };
  const context = {
    identity: { account: '123456789012', arn: 'arn:aws:iam::1:user/ada', region: 'eu-west-1' },
    findings: [
      { severity: 'warning', message: 'Two addresses are left.', action: 'Add a subnet.' },
    ],
    cost: {
      currency: 'USD',
      per_hour: 0.1234,
      per_month: 90.082,
      parts: [{ per_month: 90.082 }, { per_month: null }],
      note: 'An estimate.',
    },
  };
  const text = planText({ ...plan, context }, plain);
  expect(text).toContain('Account 123456789012, region eu-west-1, as arn:aws:iam::1:user/ada');
  expect(text).toContain('warning: Two addresses are left. Add a subnet.');
  expect(text).toContain('at least 0.123 USD an hour, 90.08 a month. An estimate.');
  expect(planText({ ...plan, context: { ...context, cost: null } }, plain)).toContain(
    'Cost: unknown.',
  );
});
