import { describe, expect, it } from 'vitest';
import { MAX_REPLICA_COUNT } from '../../core/cluster/cluster-spec.ts';
import { localNetwork, NETWORK_INDEXES } from './local-network.ts';

describe('localNetwork', () => {
  it('gives no address and no port twice, over every cluster and node', () => {
    const seen = new Set<string>();
    let given = 0;
    for (let index = 0; index < NETWORK_INDEXES; index += 1) {
      const network = localNetwork(index);
      for (let ordinal = 1; ordinal <= MAX_REPLICA_COUNT + 1; ordinal += 1) {
        seen.add(network.addressOf(ordinal));
        seen.add(`port ${network.sshPortOf(ordinal)}`);
        seen.add(`port ${network.postgresPortOf(ordinal)}`);
        given += 3;
      }
    }
    expect(seen.size).toBe(given);
  });

  it('stays below the ports that the system hands out itself', () => {
    expect(Math.max(...localNetwork(NETWORK_INDEXES - 1).ports)).toBeLessThan(32_768);
  });

  it('lays the nodes into the subnet', () => {
    expect(localNetwork(300).subnet).toBe('10.198.44.0/24');
    expect(localNetwork(300).addressOf(1)).toBe('10.198.44.11');
  });

  it.each([-1, 1.5, NETWORK_INDEXES])('refuses index %s', (index) => {
    expect(() => localNetwork(index)).toThrow(RangeError);
  });
});
