import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { LocalNetworks } from '../../ports/local-networks.ts';

/** Reads the interfaces at each call, because Docker adds an interface with each network. */
export const localNetworks: LocalNetworks = {
  isOn(cidr) {
    const [address = '', bits] = cidr.split('/');
    const network = new BlockList();
    network.addSubnet(address, Number(bits), 'ipv4');
    return Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .some((entry) => entry.family === 'IPv4' && network.check(entry.address, 'ipv4'));
  },
};
