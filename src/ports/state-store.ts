import type { Sealed } from './secrets.ts';

export interface StateVersion {
  cluster_id: string;
  lineage: string;
  serial: number;
  /** Sealed with context `state:<cluster id>`. */
  sealed: Sealed;
}

export interface StateStore {
  /** Storing the same lineage and serial again replaces it. */
  save(version: StateVersion): Promise<void>;
  /** The highest serial of the newest lineage. */
  latest(clusterId: string): Promise<StateVersion | null>;
}
