/** What was read under one snapshot, by key; the promise, so that who comes meanwhile joins it. */
type Reads = Map<string, Promise<unknown>>;

/** A list of a hundred clusters is half a megabyte. */
const MOST_READS = 32;

/**
 * Shares reads between many concurrent callers: dashboards, consoles, waiting pipelines.
 * Each read first queries the snapshot of the database, which is cheap, and returns an
 * earlier result if nothing was committed in between. So a result is never older than the database
 * at
 * the time of the request, also if another process wrote. Rejected: NOTIFY, which arrives late.
 */
export class SharedReads {
  readonly #snapshot: () => Promise<string>;
  #seen: { snapshot: string; reads: Reads } = { snapshot: '', reads: new Map() };
  #looking: Promise<unknown> = Promise.resolve();
  #next: Promise<Reads> | null = null;

  /**
   * @param snapshot two equal results mean that nothing was committed in between; see UnitOfWork
   */
  constructor(snapshot: () => Promise<string>) {
    this.#snapshot = snapshot;
  }

  /**
   * @param key of what is read, with all that it depends on
   * @param load reads the value. Several callers get the same result, so it must not be modified
   * @throws what `load` and the database throw; a failure is never kept
   */
  async read<Value>(key: string, load: () => Promise<Value>): Promise<Value> {
    const reads = await this.#present();
    const known = reads.get(key) as Promise<Value> | undefined;
    if (known) return await known;
    for (const oldest of reads.keys()) {
      if (reads.size < MOST_READS) break;
      reads.delete(oldest);
    }
    const loading = load();
    reads.set(key, loading);
    loading.catch(() => reads.delete(key));
    return await loading;
  }

  /**
   * A caller during a read waits for the next read, because the current one may have started
   * earlier.
   */
  #present(): Promise<Reads> {
    this.#next ??= this.#looking.then(() => {
      this.#next = null;
      const look = this.#look();
      this.#looking = look.catch(() => {});
      return look;
    });
    return this.#next;
  }

  async #look(): Promise<Reads> {
    const snapshot = await this.#snapshot();
    if (snapshot !== this.#seen.snapshot) this.#seen = { snapshot, reads: new Map() };
    return this.#seen.reads;
  }
}
