import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Instance } from '@aws-sdk/client-ec2';

/** SSH and PostgreSQL. */
const PORTS = [22, 5432];

/**
 * The public addresses of the emulated EC2, which are loopback addresses (see start_moto.py): listens on each and
 * forwards to the private address of its instance. An address of no instance refuses connections.
 */
export function createPublicAddresses() {
  const servers = new Map<string, Server[]>();
  const sockets = new Set<Socket>();

  async function forward(from: string, to: string): Promise<void> {
    if (!from.startsWith('127.')) throw new Error(`${from} is no loopback address`);
    const opened = PORTS.map((port) =>
      createServer((client) => {
        const target = connect(port, to);
        for (const [one, other] of [
          [client, target],
          [target, client],
        ] as const) {
          sockets.add(one);
          one.pipe(other);
          one.on('error', () => other.destroy()).on('close', () => sockets.delete(one));
        }
      }).listen(port, from),
    );
    servers.set(from, opened);
    await Promise.all(opened.map((server) => once(server, 'listening')));
  }

  function close(address: string): void {
    for (const server of servers.get(address) ?? []) server.close();
    servers.delete(address);
  }

  return {
    /** Brings the listeners to what the instances have now. */
    async follow(instances: readonly Instance[]): Promise<void> {
      const wanted = new Map<string, string>();
      for (const { PublicIpAddress, PrivateIpAddress, State } of instances) {
        if (State?.Name === 'running' && PublicIpAddress && PrivateIpAddress) {
          wanted.set(PublicIpAddress, PrivateIpAddress);
        }
      }
      for (const address of servers.keys()) if (!wanted.has(address)) close(address);
      for (const [from, to] of wanted) if (!servers.has(from)) await forward(from, to);
    },
    closeAll(): void {
      for (const address of servers.keys()) close(address);
      for (const socket of sockets) socket.destroy();
    },
  };
}
