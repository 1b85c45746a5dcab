import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SharedReads } from './shared-reads.ts';

/** A database whose only row is how often something was committed. */
class Database {
  commits = 0;
  looks = 0;
  loads = 0;
  /** Where another part of the program may come in between. */
  readonly pause: (what: string) => Promise<void>;

  constructor(pause: (what: string) => Promise<void> = async () => {}) {
    this.pause = pause;
  }

  async snapshot(): Promise<string> {
    await this.pause('the question travels');
    this.looks += 1;
    const snapshot = String(this.commits);
    await this.pause('the answer travels');
    return snapshot;
  }

  async load(): Promise<{ commits: number }> {
    await this.pause('the read travels');
    this.loads += 1;
    const row = { commits: this.commits };
    await this.pause('the rows travel');
    return row;
  }
}

describe('reads that are shared', () => {
  it('never show less than was committed when they were asked for', async () => {
    const step = fc.record({ kind: fc.constantFrom('read', 'commit'), key: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step, { maxLength: 30 }),
        async (scheduler, steps) => {
          const database = new Database((what) => scheduler.schedule(Promise.resolve(), what));
          const shared = new SharedReads(() => database.snapshot());
          const asked: Promise<void>[] = [];
          for (const { kind, key } of steps) {
            const now = async () => {
              if (kind === 'commit') {
                database.commits += 1;
                return;
              }
              const before = database.commits;
              const { commits } = await shared.read(`key ${key}`, () => database.load());
              expect(commits).toBeGreaterThanOrEqual(before);
              expect(commits).toBeLessThanOrEqual(database.commits);
            };
            asked.push(scheduler.schedule(Promise.resolve(), kind).then(now));
          }
          await scheduler.waitFor(Promise.all(asked));
        },
      ),
    );
  });

  it('are one read and at most two looks for all who ask at once, and none after', async () => {
    const database = new Database();
    const shared = new SharedReads(() => database.snapshot());
    const read = () => shared.read('key', () => database.load());
    const rows = await Promise.all(Array.from({ length: 100 }, read));
    expect(new Set(rows).size).toBe(1);
    expect(database.loads).toBe(1);
    expect(database.looks).toBeLessThanOrEqual(2);
    await read();
    expect(database.loads).toBe(1);
    database.commits += 1;
    expect(await read()).toEqual({ commits: 1 });
    expect(database.loads).toBe(2);
  });

  it('keep no failure, neither of the look nor of the read', async () => {
    let fails: 'look' | 'read' | null = 'look';
    const failing = async (what: 'look' | 'read') => {
      if (fails === what) throw new Error(`no ${what}`);
      return what;
    };
    const shared = new SharedReads(() => failing('look'));
    const read = () => shared.read('key', () => failing('read'));
    await expect(read()).rejects.toThrow('no look');
    fails = 'read';
    await expect(Promise.all([read(), read()])).rejects.toThrow('no read');
    fails = null;
    expect(await read()).toBe('read');
  });

  it('keep so many and no more, whatever callers put into their keys', async () => {
    const database = new Database();
    const shared = new SharedReads(() => database.snapshot());
    for (let index = 0; index < 1_000; index += 1) {
      await shared.read(`key ${index}`, () => database.load());
    }
    await shared.read('key 999', () => database.load());
    expect(database.loads).toBe(1_000);
    await shared.read('key 0', () => database.load());
    expect(database.loads).toBe(1_001);
  });
});
