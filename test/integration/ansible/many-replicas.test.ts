import { afterAll, beforeAll, expect, it } from 'vitest';
import { AnsibleWorkspace, nodeImage, reasons } from '../../support/ansible-workspace.ts';

const MINUTES = 60_000;
const REPLICAS = 4;
/** Those that the primary is copied for; see the role's own words. */
const COPIES_OF_THE_PRIMARY = 2;

let workspace: AnsibleWorkspace;

beforeAll(async () => {
  workspace = await AnsibleWorkspace.create({
    image: await nodeImage('trixie'),
    cluster: 'many',
    subnet: '10.231.81.0/24',
    postgresNodes: REPLICAS + 1,
  });
}, 5 * MINUTES);
afterAll(() => workspace?.remove(), MINUTES);

it('copies the primary for the first replicas alone, and those for the others', async () => {
  const run = await workspace.play();
  expect(reasons(run)).toEqual([]);
  const sources = await Promise.all(
    workspace.postgres.map(async (node) => {
      const journal = await workspace.on(node, 'journalctl', '--unit=patroni', '--output=cat');
      return /bootstrap from (leader|replica) '/.exec(journal)?.[1] ?? 'initdb';
    }),
  );
  const count = (source: string) => sources.filter((one) => one === source).length;
  expect({ initdb: count('initdb'), leader: count('leader'), replica: count('replica') }).toEqual({
    initdb: 1,
    leader: COPIES_OF_THE_PRIMARY,
    replica: REPLICAS - COPIES_OF_THE_PRIMARY,
  });

  const starts = await Promise.all(
    workspace.postgres.map(async (node, n) => {
      if (sources[n] === 'initdb') return { source: 'initdb', file: '' };
      const label = await workspace.on(
        node,
        'sh',
        '-c',
        'cat /var/lib/postgresql/*/main/backup_label.old',
      );
      return {
        source: sources[n],
        file: /START WAL .*\(file ([0-9A-F]{24})\)/.exec(label)?.[1] ?? '',
      };
    }),
  );
  const files = (source: string) =>
    starts.filter((one) => one.source === source).map(({ file }) => file);
  expect(starts.filter(({ file }) => file === '')).toHaveLength(1);
  // Behind the WAL files that the first copies made the primary begin.
  const isBehind = (file: string) => files('leader').every((first) => file > first);
  expect(files('replica').some(isBehind)).toBe(true);
});
