/** Settings that Hathi or Patroni writes, so that a value of the user would be lost or harmful. */
export interface Ownership {
  owner: 'Hathi' | 'Patroni';
  /** Use of the setting by its owner, or an alternative; ends a sentence. */
  instead: string;
}

const ENDPOINT: Ownership = {
  owner: 'Hathi',
  instead: 'it follows from the addresses and ports of the nodes',
};
const FILES: Ownership = { owner: 'Hathi', instead: 'it sets the paths of files on the node' };
const TLS: Ownership = {
  owner: 'Hathi',
  instead: "every connection is encrypted with certificates of the cluster's own authority",
};
const RECOVERY: Ownership = {
  owner: 'Patroni',
  instead: 'it is set on each replica as roles change',
};
const ARCHIVE: Ownership = {
  owner: 'Hathi',
  instead: 'archiving of WAL is part of backups, which Hathi sets up as a whole',
};

const OWNED: Record<string, Ownership> = {
  listen_addresses: ENDPOINT,
  port: ENDPOINT,
  unix_socket_directories: ENDPOINT,
  cluster_name: { owner: 'Patroni', instead: 'it is the name of the cluster' },
  hot_standby: { owner: 'Patroni', instead: 'it is always on, since replicas serve queries' },
  wal_log_hints: {
    owner: 'Patroni',
    instead: 'it is always on, so that a former primary can be rewound',
  },
  synchronous_standby_names: {
    owner: 'Patroni',
    instead: 'it names the replicas that are there; choose synchronous replication instead',
  },
  password_encryption: { owner: 'Hathi', instead: 'passwords are always kept as scram-sha-256' },
  data_directory: FILES,
  config_file: FILES,
  hba_file: {
    owner: 'Hathi',
    instead: 'the allow_list of the cluster decides which clients may connect',
  },
  ident_file: FILES,
  external_pid_file: FILES,
  archive_mode: ARCHIVE,
  archive_command: ARCHIVE,
  archive_library: ARCHIVE,
  archive_cleanup_command: ARCHIVE,
  restore_command: ARCHIVE,
  recovery_end_command: ARCHIVE,
  recovery_min_apply_delay: {
    owner: 'Patroni',
    instead: 'a replica that is held back on purpose could not be proven to replicate',
  },
  primary_conninfo: RECOVERY,
  primary_slot_name: RECOVERY,
  promote_trigger_file: RECOVERY,
};

const OWNED_FAMILIES: { pattern: RegExp; ownership: Ownership }[] = [
  { pattern: /^ssl(_|$)/, ownership: TLS },
  { pattern: /^recovery_target(_|$)/, ownership: RECOVERY },
];

/** Owner of the parameter; undefined if users may set it. */
export function findOwnership(name: string): Ownership | undefined {
  const lower = name.toLowerCase();
  if (Object.hasOwn(OWNED, lower)) return OWNED[lower];
  return OWNED_FAMILIES.find(({ pattern }) => pattern.test(lower))?.ownership;
}
