import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished } from 'vitest';
import type { ClusterHarness } from './cluster-harness.ts';
import { type AcceptedRow, LocalWriters } from './local-writer.ts';
import { waitFor } from './wait-for.ts';

/** The ttl of 20 s, an election, and a reserve for a slow machine. */
export const ELECTION_SECONDS = 60;
export const RETURN_SECONDS = 60;
/** Rows that are written before the failure. */
export const ROWS_BEFORE = 20;

/** Stops the main process of Patroni, which then neither renews its lease nor demotes. */
const HANG_PATRONI = 'kill -STOP $(systemctl show --property=MainPID --value patroni)';
/** Attaches to one thread, which stops it, until its stdin ends. */
const ATTACH = `
import ctypes, os, sys
init, inner = sys.argv[1:]
space = os.readlink(f'/proc/{init}/ns/pid')
def is_it(pid):
    try:
        if os.readlink(f'/proc/{pid}/ns/pid') != space:
            return False
        with open(f'/proc/{pid}/status') as status:
            return any(line.split()[0] == 'NSpid:' and line.split()[-1] == inner for line in status)
    except OSError:
        return False
pid = next(int(name) for name in os.listdir('/proc') if name.isdigit() and is_it(name))
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH = 16
if libc.ptrace(PTRACE_ATTACH, pid, None, None) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
os.waitpid(pid, 0x40000000)
print('attached', flush=True)
sys.stdin.read()
`;
/** Removes a drop-in again at the next boot. */
const DROP_IN = '/run/systemd/system/patroni.service.d';

/** A failure of the primary of a verified cluster, with a writer on every node. */
export class Drill {
  readonly harness: ClusterHarness;
  /** The primary before the failure. */
  readonly old: string;
  readonly others: readonly string[];
  readonly writers: LocalWriters;

  private constructor(
    harness: ClusterHarness,
    old: string,
    nodes: string[],
    writers: LocalWriters,
  ) {
    this.harness = harness;
    this.old = old;
    this.others = nodes.filter((node) => node !== old);
    this.writers = writers;
  }

  /** Verifies the cluster, then writes on every node over its own socket until the test ends. */
  static async prepare(harness: ClusterHarness): Promise<Drill> {
    const { primary, nodes } = await harness.untilProven(RETURN_SECONDS);
    const old = primary ?? '';
    const names = nodes.map(({ node }) => node);
    const writers = await LocalWriters.start(harness, old, names);
    onTestFinished(() => writers.stop());
    await waitFor('rows on the primary', 20, async () => {
      return (await writers.accepted(old)).length >= ROWS_BEFORE;
    });
    return new Drill(harness, old, names, writers);
  }

  /** Runs a shell line on the old primary. */
  async shell(line: string): Promise<string> {
    return await this.harness.shell(this.old, line);
  }

  /** Waits until another node accepts writes. */
  async newPrimary(): Promise<{ node: string; row: AcceptedRow }> {
    return await waitFor('a new primary that accepts writes', ELECTION_SECONDS, async () => {
      for (const node of this.others) {
        const [row] = await this.writers.accepted(node);
        if (row) return { node, row };
      }
      return null;
    });
  }

  /** The old primary is verified as a replica of the new one. */
  async expectReturned(primary: string): Promise<void> {
    const report = await this.harness.untilProven(RETURN_SECONDS).catch(async (error: Error) => {
      const units = '--unit patroni --unit hathi-guard';
      const journal = `journalctl ${units} --lines 60 --output short-precise --no-pager`;
      throw new Error(`${error.message}\n${await this.shell(journal)}`, { cause: error });
    });
    expect(report.primary).toBe(primary);
    expect(report.nodes.find(({ node }) => node === this.old)).toMatchObject({
      role: 'replica',
      status: 'proven',
    });
  }

  /** Asynchronous replication can lose rows that no replica had received; these must exist. */
  async expectKept(primary: string, rows: AcceptedRow[]): Promise<void> {
    const kept = await this.harness.sql(
      primary,
      `select number from drill where node = '${this.old}'`,
    );
    const numbers = new Set(kept.split('\n').map(Number));
    expect(rows.filter(({ number }) => !numbers.has(number))).toEqual([]);
  }

  /** The old primary acknowledged its last row before the new one received its first. */
  async expectNoOverlap(first: AcceptedRow): Promise<void> {
    const last = (await this.writers.accepted(this.old)).at(-1);
    expect(last).toBeDefined();
    expect(last?.after).toBeLessThan(first.before);
  }

  async hangPatroni(): Promise<void> {
    await this.shell(HANG_PATRONI);
  }

  /**
   * Stops the main thread of Patroni alone, which runs its loop, while its REST API continues. Needs
   * root on the machine of the containers.
   * @returns a function that lets it continue
   */
  async hangLoop(): Promise<() => void> {
    const container = this.harness.container(this.old);
    const init = await this.harness.docker('inspect', '--format', '{{.State.Pid}}', container);
    const inner = (await this.shell('systemctl show --property=MainPID --value patroni')).trim();
    const tracer = spawn('python3', ['-c', ATTACH, init, inner], { stdio: 'pipe' });
    const [line] = (await once(tracer.stdout, 'data')) as [Buffer];
    expect(String(line)).toBe('attached\n');
    const release = () => {
      tracer.stdin.end();
    };
    onTestFinished(release);
    return release;
  }

  /** Seconds since 1970 on the node, for `journal`. */
  async now(): Promise<string> {
    return (await this.shell('date +%s')).trim();
  }

  /** The log of the guard since that time. */
  async guardLog(since: string): Promise<string> {
    return await this.shell(`journalctl --unit hathi-guard --since @${since} --output cat`);
  }

  /** While `work` runs, systemd does not restart a killed Patroni of the old primary. */
  async withoutRestart(work: () => Promise<void>): Promise<void> {
    await this.shell(
      `mkdir -p ${DROP_IN} && printf '[Service]\\nRestart=no\\n' > ${DROP_IN}/drill.conf && systemctl daemon-reload`,
    );
    try {
      await work();
    } finally {
      await this.shell(
        `rm ${DROP_IN}/drill.conf && systemctl daemon-reload && systemctl restart patroni`,
      );
    }
  }
}
