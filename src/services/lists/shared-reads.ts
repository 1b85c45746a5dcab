/** What was read under one snapshot, by key; the promise, so that who comes meanwhile joins it. */
type Reads = Map<string, Promise<unknown>>;

/** A list of a hundred clusters is half a megabyte. */
const MOST_READS = 32;

/**
 * Reads of what many ask for at once, and again and again: dashboards, consoles, waiting pipelines.
 * Each read first asks the database for its snapshot, a fraction of the work, and is answered from an
 * earlier one where nothing was committed in between. So it never shows less than the database did when
 * it was asked for, whichever process wrote. What was rejected: to be told by NOTIFY, which comes late.
 */
export class SharedReads {
  readonly #snapshot: () => Promise<string>;
  #seen: { snapshot: string; reads: Reads } = { snapshot: '', reads: new Map() };
  #looking: Promise<unknown> = Promise.resolve();
  #next: Promise<Reads> | null = null;

  /** @param snapshot two equal answers: nothing was committed in between; see UnitOfWork */
  constructor(snapshot: () => Promise<string>) {
    this.#snapshot = snapshot;
  }

  /**
   * @param key of what is read, with all that it depends on
   * @param load reads it; its result is given to several callers, so nobody may change it
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

  /** Who comes while a look is under way waits for the next: that one may have looked before. */
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
