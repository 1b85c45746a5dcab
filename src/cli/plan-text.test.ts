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
