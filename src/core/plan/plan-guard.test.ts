// Longer than other files: one table of cases, which a reader compares.
import { describe, expect, it } from 'vitest';
import { plannedNodes } from '../cluster/topology.ts';
import { effectOf, type GuardedNode, type GuardInput, judgePlan } from './plan-guard.ts';
import type { NodePart, PlannedChange } from './planned-change.ts';

const DELETE = ['delete'];
const REPLACE = ['delete', 'create'];

const TYPES: Record<NodePart, string> = {
  container: 'terraform_data.node',
  instance: 'aws_instance.node',
  'data-volume': 'aws_ebs_volume.data',
  'data-attachment': 'aws_volume_attachment.data',
};

function change(
  part: NodePart,
  node: string,
  actions: string[],
  more: Partial<PlannedChange> = {},
): PlannedChange {
  const address = `module.cluster.${TYPES[part]}["${node}"]`;
  const type = TYPES[part].split('.')[0] ?? '';
  return { address, type, actions, attributes: [], action_reason: null, node, part, ...more };
}

/** A healthy cluster with its primary on pg-1. */
function cluster(replicas: number, changed: Record<string, Partial<GuardedNode>> = {}) {
  return plannedNodes({ name: 'pg', replica_count: replicas }).map(
    ({ name, witness, etcd, ordinal }): GuardedNode => {
      const role = witness ? 'witness' : ordinal === 1 ? 'primary' : 'replica';
      return {
        name,
        state: 'running',
        role,
        lastRole: role,
        hasPostgres: !witness,
        etcd,
        ...changed[name],
      };
    },
  );
}

const planFor = (replicas: number) => plannedNodes({ name: 'pg', replica_count: replicas });
const PRIMARY_IS_2 = {
  'pg-1': { role: 'replica' },
  'pg-2': { role: 'primary' },
} satisfies Record<string, Partial<GuardedNode>>;
const SILENT = { role: null } satisfies Partial<GuardedNode>;
const GONE = { role: null, state: 'missing' } satisfies Partial<GuardedNode>;
const STOPPED = { role: null, state: 'stopped' } satisfies Partial<GuardedNode>;
const INSTANCE_TYPE = { attributes: ['instance_type'] };
const SHARED: PlannedChange = {
  address: 'module.cluster.aws_security_group.cluster',
  type: 'aws_security_group',
  actions: ['update'],
  attributes: [],
  action_reason: null,
  node: null,
  part: null,
};
const TAINTED = { action_reason: 'replace_because_tainted' };

const EFFECTS: GuardInput['effects'] = {
  aws_instance: {
    instance_type: { change: 'stops-instance', loses: 'address', note: 'All stop at once.' },
    tags: { change: 'in-place', loses: 'none', note: '' },
  },
  aws_security_group: {
    name: { change: 'replaces', loses: 'access', note: 'The group is deleted first.' },
  },
};

interface Case {
  what: string;
  nodes: GuardedNode[];
  planned: GuardInput['planned'];
  changes: PlannedChange[];
  /** `reason node`, or `reason -` for several nodes. */
  refused: string[];
}

const CASES: Case[] = [
  {
    what: 'allows a growth that only adds',
    nodes: cluster(2),
    planned: planFor(3),
    changes: [change('container', 'pg-4', ['create'])],
    refused: [],
  },
  {
    what: 'allows the witness to become a full node',
    nodes: cluster(1),
    planned: planFor(2),
    changes: [change('container', 'pg-3', REPLACE)],
    refused: [],
  },
  {
    what: 'refuses that while another member of etcd is stopped',
    nodes: cluster(1, { 'pg-2': STOPPED }),
    planned: planFor(2),
    changes: [change('container', 'pg-3', REPLACE)],
    refused: ['removes-etcd-majority pg-3'],
  },
  {
    what: 'refuses to shrink 2 replicas to none',
    nodes: cluster(2),
    planned: planFor(0),
    changes: [change('container', 'pg-2', DELETE), change('container', 'pg-3', DELETE)],
    refused: ['removes-etcd-majority -'],
  },
  {
    what: 'names the primary in it where the primary is removed as well',
    nodes: cluster(2, PRIMARY_IS_2),
    planned: planFor(0),
    changes: [change('container', 'pg-2', DELETE), change('container', 'pg-3', DELETE)],
    refused: ['removes-primary pg-2', 'removes-etcd-majority -'],
  },
  {
    what: 'refuses to shrink 1 replica and its witness to none',
    nodes: cluster(1),
    planned: planFor(0),
    changes: [change('instance', 'pg-2', DELETE), change('instance', 'pg-3', DELETE)],
    refused: ['removes-etcd-majority -'],
  },
  {
    what: 'allows to remove a replica that is no member of etcd',
    nodes: cluster(3),
    planned: planFor(2),
    changes: [
      change('instance', 'pg-4', DELETE),
      change('data-volume', 'pg-4', DELETE),
      change('data-attachment', 'pg-4', DELETE),
    ],
    refused: [],
  },
  {
    what: 'refuses it where that node is the primary',
    nodes: cluster(3, { 'pg-1': { role: 'replica' }, 'pg-4': { role: 'primary' } }),
    planned: planFor(2),
    changes: [change('container', 'pg-4', DELETE)],
    refused: ['removes-primary pg-4'],
  },
  {
    what: 'allows it where the stored primary has lost that role',
    nodes: cluster(3, { 'pg-4': { role: null, lastRole: 'primary' } }),
    planned: planFor(2),
    changes: [change('container', 'pg-4', DELETE)],
    refused: [],
  },
  {
    what: 'uses the stored primary if no node responds',
    nodes: cluster(3, {
      'pg-1': { role: null, lastRole: 'replica' },
      'pg-2': SILENT,
      'pg-3': SILENT,
      'pg-4': { role: null, lastRole: 'primary' },
    }),
    planned: planFor(2),
    changes: [change('container', 'pg-4', DELETE)],
    refused: ['removes-primary pg-4'],
  },
  {
    what: 'refuses to remove a data node while no primary responds',
    nodes: cluster(3, { 'pg-1': SILENT, 'pg-2': SILENT, 'pg-3': SILENT, 'pg-4': SILENT }),
    planned: planFor(2),
    changes: [change('container', 'pg-4', DELETE)],
    refused: ['primary-unknown pg-4'],
  },
  {
    what: 'allows a replica to become the witness',
    nodes: cluster(2),
    planned: planFor(1),
    changes: [change('instance', 'pg-3', REPLACE), change('data-volume', 'pg-3', DELETE)],
    refused: [],
  },
  {
    what: 'refuses that for the primary',
    nodes: cluster(2, { 'pg-1': { role: 'replica' }, 'pg-3': { role: 'primary' } }),
    planned: planFor(1),
    changes: [change('instance', 'pg-3', REPLACE), change('data-volume', 'pg-3', DELETE)],
    refused: ['removes-primary pg-3'],
  },
  {
    what: 'refuses to replace the container of a node that stays',
    nodes: cluster(3),
    planned: planFor(3),
    changes: [change('container', 'pg-4', REPLACE, { attributes: ['triggers_replace.address'] })],
    refused: ['removes-data pg-4'],
  },
  {
    what: 'refuses to replace the machine of a node that stays',
    nodes: cluster(3),
    planned: planFor(3),
    changes: [change('instance', 'pg-4', REPLACE, { attributes: ['instance_type'] })],
    refused: ['replaces-node pg-4'],
  },
  {
    what: 'refuses to replace every data volume',
    nodes: cluster(1),
    planned: planFor(1),
    changes: [
      change('data-volume', 'pg-1', REPLACE, { attributes: ['kms_key_id'] }),
      change('data-volume', 'pg-2', REPLACE, { attributes: ['kms_key_id'] }),
    ],
    refused: ['removes-primary pg-1', 'removes-data pg-2'],
  },
  {
    what: 'refuses the data volume of a machine that is gone',
    nodes: cluster(1, { 'pg-2': GONE }),
    planned: planFor(1),
    changes: [change('instance', 'pg-2', ['create']), change('data-volume', 'pg-2', REPLACE)],
    refused: ['removes-data pg-2'],
  },
  {
    what: 'allows to create a machine again that is gone',
    nodes: cluster(1, { 'pg-2': GONE }),
    planned: planFor(1),
    changes: [change('container', 'pg-2', REPLACE)],
    refused: [],
  },
  {
    what: 'allows it for the only node, and for all of them',
    nodes: cluster(2, { 'pg-1': GONE, 'pg-2': GONE, 'pg-3': GONE }),
    planned: planFor(2),
    changes: ['pg-1', 'pg-2', 'pg-3'].map((node) => change('container', node, REPLACE)),
    refused: [],
  },
  {
    what: 'allows to replace a machine whose creation was cut off',
    nodes: cluster(2, { 'pg-2': SILENT }),
    planned: planFor(2),
    changes: [change('container', 'pg-2', REPLACE, TAINTED)],
    refused: [],
  },
  {
    what: 'refuses a tainted machine that responds',
    nodes: cluster(2),
    planned: planFor(2),
    changes: [change('container', 'pg-2', REPLACE, TAINTED)],
    refused: ['removes-data pg-2'],
  },
  {
    what: 'refuses to detach the volume of a machine that runs on',
    nodes: cluster(1),
    planned: planFor(1),
    changes: [change('data-attachment', 'pg-2', REPLACE, { attributes: ['device_name'] })],
    refused: ['stops-node pg-2'],
  },
  {
    what: 'allows what changes in place',
    nodes: cluster(1),
    planned: planFor(1),
    changes: [change('data-volume', 'pg-1', ['update'], { attributes: ['size'] })],
    refused: [],
  },
  {
    what: 'refuses an update that stops machines',
    nodes: cluster(1),
    planned: planFor(1),
    changes: ['pg-1', 'pg-2', 'pg-3'].map((node) =>
      change('instance', node, ['update'], { attributes: ['instance_type', 'tags.Name'] }),
    ),
    refused: ['stops-node pg-1', 'stops-node pg-2', 'stops-node pg-3'],
  },
  {
    what: 'allows an update of the same resource that does not',
    nodes: cluster(1),
    planned: planFor(1),
    changes: [change('instance', 'pg-1', ['update'], { attributes: ['tags.Name'] })],
    refused: [],
  },
  {
    what: 'refuses to replace what every node uses',
    nodes: cluster(1),
    planned: planFor(1),
    changes: [{ ...SHARED, actions: REPLACE, attributes: ['name'] }],
    refused: ['cuts-nodes-off -'],
  },
  {
    what: 'allows that while there are no nodes with data',
    nodes: [],
    planned: planFor(1),
    changes: [{ ...SHARED, actions: REPLACE, attributes: ['name'] }],
    refused: [],
  },
  {
    what: 'allows everything where no node can hold data yet',
    nodes: [],
    planned: planFor(0),
    changes: [change('container', 'pg-2', DELETE), change('container', 'pg-1', REPLACE)],
    refused: [],
  },
];

describe('judgePlan', () => {
  it.each(CASES)('$what', ({ nodes, planned, changes, refused }) => {
    const refusals = judgePlan({ cluster: 'pg', changes, nodes, planned, effects: EFFECTS });
    expect(refusals.map(({ reason, node }) => `${reason} ${node ?? '-'}`)).toEqual(refused);
  });

  it('names node, observed role, attribute and the next command', () => {
    const [refusal] = judgePlan({
      cluster: 'pg',
      changes: [change('data-volume', 'pg-2', REPLACE, { attributes: ['kms_key_id'] })],
      nodes: cluster(1),
      planned: planFor(1),
      effects: {},
    });
    expect(refusal).toEqual({
      reason: 'removes-data',
      node: 'pg-2',
      role: 'replica',
      address: 'module.cluster.aws_ebs_volume.data["pg-2"]',
      attributes: ['kms_key_id'],
      message:
        'The plan replaces the data volume of pg-2 (observed role: replica) because of kms_key_id: the node stays, and its data would be lost.',
      action: 'To keep the cluster as it is, generate its files again, then plan again.',
      remedies: [
        { action: 'run-step', step: 'generate-terraform', cluster: 'pg' },
        { action: 'run-step', step: 'plan-terraform', cluster: 'pg' },
      ],
    });
  });

  it('names the steps that restore the size of a cluster that would shrink', () => {
    const [refusal] = judgePlan({
      cluster: 'pg',
      changes: [change('container', 'pg-2', DELETE), change('container', 'pg-3', DELETE)],
      nodes: cluster(2),
      planned: planFor(0),
      effects: {},
    });
    expect(refusal?.message).toBe(
      "The plan removes pg-2, pg-3 of etcd's 3 members; 1 would run, and 2 are needed to elect a primary.",
    );
    expect(refusal?.remedies[0]).toMatchObject({ cluster: 'pg', body: { replica_count: 2 } });
  });
});

describe('effectOf', () => {
  const [first, second, witness] = cluster(1) as [GuardedNode, GuardedNode, GuardedNode];
  it.each([
    ['adds', change('container', 'pg-9', ['create']), null],
    ['loses-data', change('container', 'pg-1', REPLACE), first],
    ['loses-data', change('data-volume', 'pg-2', DELETE), { ...second, ...GONE }],
    ['replaces', change('container', 'pg-2', REPLACE), { ...second, ...GONE }],
    ['replaces', change('instance', 'pg-2', REPLACE), second],
    ['removes', change('container', 'pg-3', DELETE), witness],
    ['stops-node', change('data-attachment', 'pg-2', REPLACE), second],
    ['stops-node', change('instance', 'pg-2', ['update'], INSTANCE_TYPE), second],
    ['in-place', change('data-volume', 'pg-2', ['update']), second],
  ] as const)('%s', (effect, one, node) => {
    expect(effectOf({ changes: [one], effects: EFFECTS }, one, node)).toBe(effect);
  });
});
