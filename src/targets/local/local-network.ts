/**
 * Addresses and ports of the clusters on one Docker host. They are assigned so that no two clusters
 * conflict.
 */

/** Ports of one cluster: 16 for SSH, then 16 for PostgreSQL. */
const PORTS_PER_INDEX = 32;
const POSTGRES_OFFSET = 16;
const FIRST_PORT = 20_000;
/** First port that Linux assigns to outgoing connections. A published port must be lower. */
const FIRST_EPHEMERAL_PORT = 32_768;

/**
 * 10.197.0.0 and the following /24 networks do not overlap with Docker's own 172.16/12, nor with
 * 10.0 and 10.1.
 */
const FIRST_SUBNET = 197;
/**
 * .1 is the gateway of the network. Nodes start at .11, so the address shows the number of the
 * node.
 */
const ADDRESS_OFFSET = 10;

/**
 * Number of clusters that can have a block of ports. A network index is 0 to NETWORK_INDEXES - 1.
 */
export const NETWORK_INDEXES = Math.floor((FIRST_EPHEMERAL_PORT - FIRST_PORT) / PORTS_PER_INDEX);

export interface LocalNetwork {
  /** IPv4 CIDR, a /24. */
  subnet: string;
  /** Ports of 127.0.0.1 that the cluster can publish. */
  ports: readonly number[];
  /** @param ordinal 1-based, as in the node's name */
  addressOf(ordinal: number): string;
  sshPortOf(ordinal: number): number;
  postgresPortOf(ordinal: number): number;
}

/**
 * Returns the addresses and ports of the local cluster with that index.
 * @param index 0 to NETWORK_INDEXES - 1
 */
export function localNetwork(index: number): LocalNetwork {
  if (!Number.isInteger(index) || index < 0 || index >= NETWORK_INDEXES) {
    throw new RangeError(`network index ${index} is not 0 to ${NETWORK_INDEXES - 1}`);
  }
  const prefix = `10.${FIRST_SUBNET + Math.floor(index / 256)}.${index % 256}`;
  const base = FIRST_PORT + index * PORTS_PER_INDEX;
  return {
    subnet: `${prefix}.0/24`,
    ports: Array.from({ length: PORTS_PER_INDEX }, (_, offset) => base + offset),
    addressOf: (ordinal) => `${prefix}.${ADDRESS_OFFSET + ordinal}`,
    sshPortOf: (ordinal) => base + ordinal - 1,
    postgresPortOf: (ordinal) => base + POSTGRES_OFFSET + ordinal - 1,
  };
}
