import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnsibleWorkspace, changes, nodeImage, reasons } from '../../support/ansible-workspace.ts';

const MINUTES = 60_000;

/** PostgreSQL 15 and Patroni 3.0: the leader's role is `master`, members do not report `streaming`. */
describe('nodes of Debian 12', () => {
  let workspace: AnsibleWorkspace;

  beforeAll(async () => {
    workspace = await AnsibleWorkspace.create({
      image: await nodeImage('bookworm'),
      cluster: 'old',
      subnet: '10.231.80.0/24',
      postgresNodes: 2,
      witness: true,
      postgresVersion: '15',
    });
  }, 10 * MINUTES);
  afterAll(() => workspace?.remove(), MINUTES);

  it(
    'are set up by the same roles, restarted for a parameter, and left alone after',
    async () => {
      const play = await workspace.play();
      expect(reasons(play)).toEqual([]);
      workspace.options.variables = { patroni_dynamic_parameters: { max_connections: 250 } };
      await workspace.writeFiles();
      const raised = await workspace.play();
      expect(reasons(raised)).toEqual([]);
      for (const node of workspace.postgres) {
        expect(await workspace.sql(node, 'show max_connections')).toBe('250');
        expect(await workspace.sql(node, 'show lc_collate')).toBe('C.UTF-8');
      }
      const again = await workspace.play();
      expect(changes(again)).toEqual([]);
    },
    4 * MINUTES,
  );
});
