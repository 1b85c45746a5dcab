import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnsibleWorkspace, changes, nodeImage, reasons } from '../../support/ansible-workspace.ts';
import { waitFor } from '../../support/wait-for.ts';

const MINUTES = 60_000;
const INTERRUPTED = 99;

/** One primary, one replica, and a witness that gives etcd its third vote. */
describe('a first run that is interrupted', () => {
  let workspace: AnsibleWorkspace;

  beforeAll(async () => {
    workspace = await AnsibleWorkspace.create({
      image: await nodeImage('trixie'),
      cluster: 'cut',
      subnet: '10.231.78.0/24',
      postgresNodes: 2,
      witness: true,
    });
  }, 5 * MINUTES);
  afterAll(() => workspace?.remove(), MINUTES);

  it(
    'converges, wherever it was killed',
    async () => {
      // Each run gets further before the whole process group is interrupted.
      let interrupted = 0;
      for (let afterEvents = 3; afterEvents <= 15; afterEvents += 2) {
        const { exitCode } = await workspace.play(afterEvents);
        if (exitCode === INTERRUPTED) interrupted += 1;
      }
      expect(interrupted).toBeGreaterThan(3);
      const last = await workspace.play();
      expect(reasons(last)).toEqual([]);
      const again = await workspace.play();
      expect(reasons(again)).toEqual([]);
      expect(changes(again)).toEqual([]);
      expect(again.events.at(-1)?.hosts).toHaveProperty('cut-3');
    },
    4 * MINUTES,
  );
});

describe('a first run whose node dies', () => {
  let workspace: AnsibleWorkspace;

  beforeAll(async () => {
    workspace = await AnsibleWorkspace.create({
      image: await nodeImage('trixie'),
      cluster: 'die',
      subnet: '10.231.79.0/24',
      postgresNodes: 1,
    });
  }, 5 * MINUTES);
  afterAll(() => workspace?.remove(), MINUTES);

  it(
    'clears what was half made by initdb, and converges',
    async () => {
      const [node] = workspace.postgres as [string];
      const playing = workspace.play();
      await waitFor('initdb to write', 60, async () => {
        await workspace.on(node, 'test', '-e', '/var/lib/postgresql/17/main/global/pg_control');
        return true;
      });
      await workspace.killNode(node);
      expect((await playing).exitCode).not.toBe(0);
      await workspace.startNode(node);
      await workspace.writeFiles();
      const again = await workspace.play();
      expect(reasons(again)).toEqual([]);
      expect(
        await workspace.sql(node, "select count(*) from pg_roles where rolname = 'replicator'"),
      ).toBe('1');
      const last = await workspace.play();
      expect(changes(last)).toEqual([]);
    },
    3 * MINUTES,
  );
});
