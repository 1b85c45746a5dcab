import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Client, type ConnectConfig } from 'ssh2';
import type { ClusterNode } from '../../core/cluster/topology.ts';
import type { NodeAccess } from '../../core/node/node-access.ts';
import { BASTION } from '../../core/node/ssh-config.ts';
import { ProcessStream } from '../process/process-stream.ts';
import { type HostKey, parseKnownHosts } from './known-hosts.ts';

const READY_MILLISECONDS = 10_000;
/** A node without a response to three keepalives counts as disconnected. */
const KEEPALIVE_MILLISECONDS = 1_000;
const KEEPALIVES = 3;

/** Algorithms of a host key of type `ssh-rsa`. The name of the type itself means SHA-1. */
const RSA_ALGORITHMS = ['rsa-sha2-512', 'rsa-sha2-256'] as const;

export interface SshDestination {
  node: ClusterNode;
  access: NodeAccess;
  /** Absolute path of the folder `ssh` of the workspace. */
  folder: string;
}

/** Opens SSH connections in this process; connections to bastions are shared. */
export class SshConnector {
  readonly #env: Record<string, string>;
  readonly #bastions = new Map<string, Promise<Client>>();

  constructor(env: Record<string, string>) {
    this.#env = env;
  }

  /**
   * @returns a connection that is ready
   * @throws Error with a part of a sentence as its message
   */
  async connect(destination: SshDestination): Promise<Client> {
    const { node, access, folder } = destination;
    const [key, known] = await Promise.all([
      readFile(join(folder, 'id_ed25519')),
      this.#knownHosts(folder),
    ]);
    const { ssh_host: host, ssh_port: port } = node;
    if (access.way === 'loopback') {
      const hostKey = known.get(`[${host}]:${port}`);
      return await open({ host, port, username: 'root', privateKey: key }, node.name, hostKey);
    }
    const sock = await this.#stream(destination, known, key);
    return await open(
      { ...(sock ? { sock } : { host, port }), username: access.user, privateKey: key },
      node.name,
      known.get(node.name),
    );
  }

  close(): void {
    for (const bastion of this.#bastions.values()) void bastion.then((one) => one.end(), ignore);
    this.#bastions.clear();
  }

  async #knownHosts(folder: string): Promise<ReadonlyMap<string, HostKey>> {
    return parseKnownHosts(await readFile(join(folder, 'known_hosts'), 'utf8'));
  }

  /** Bytes to port 22 of the node; null if the node is reached directly. */
  async #stream(
    { node, access, folder }: SshDestination,
    known: ReadonlyMap<string, HostKey>,
    key: Buffer,
  ): Promise<Duplex | null> {
    if (access.way === 'loopback' || access.jump === null) return null;
    if (access.jump.kind === 'command') {
      const command = access.jump.command
        .replaceAll('%h', node.ssh_host)
        .replaceAll('%p', String(node.ssh_port));
      return new ProcessStream(['sh', '-c', `exec ${command}`], this.#env).connect();
    }
    const { host, port, user, privateKeyFile } = access.jump;
    const name = `${folder} ${user}@${host}:${port}`;
    let bastion = this.#bastions.get(name);
    if (bastion === undefined) {
      const forget = () => this.#bastions.delete(name);
      bastion = (async () => {
        const privateKey = privateKeyFile === null ? key : await readFile(privateKeyFile);
        const config = { host, port, username: user, privateKey };
        const client = await open(config, 'the bastion', known.get(BASTION));
        return client.once('close', forget);
      })();
      this.#bastions.set(name, bastion);
      bastion.catch(forget);
    }
    return await forward(await bastion, node);
  }
}

function forward(bastion: Client, node: ClusterNode): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    bastion.forwardOut('127.0.0.1', 0, node.ssh_host, node.ssh_port, (error, stream) =>
      error ? reject(new Error(`the bastion cannot reach ${node.name}`)) : resolve(stream),
    );
  });
}

function open(config: ConnectConfig, name: string, hostKey: HostKey | undefined): Promise<Client> {
  if (hostKey === undefined) throw new Error(`the host key of ${name} is not stored`);
  const { type, key } = hostKey;
  return new Promise((resolve, reject) => {
    const client = new Client();
    let hasOtherKey = false;
    const fail = (error: Error) => {
      client.destroy();
      reject(new Error(hasOtherKey ? `${name} has another host key than stored` : reasonOf(error)));
    };
    // Stays for the whole life of the client: it can emit several errors, also after it was destroyed,
    // and one without a listener would end the server.
    client.on('error', fail);
    client.once('close', () => fail(new Error('the connection was closed')));
    client.once('ready', () => resolve(client));
    client.connect({
      ...config,
      readyTimeout: READY_MILLISECONDS,
      keepaliveInterval: KEEPALIVE_MILLISECONDS,
      keepaliveCountMax: KEEPALIVES,
      algorithms: {
        serverHostKey: type === 'ssh-rsa' ? [...RSA_ALGORITHMS] : [type as 'ssh-ed25519'],
      },
      hostVerifier: (received: Buffer) => {
        hasOtherKey = received.toString('base64') !== key;
        return !hasOtherKey;
      },
    });
  });
}

const NETWORK_REASONS: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the connection timed out',
};

/** A part of a sentence for a person. */
export function reasonOf(error: Error & { code?: string; level?: string }): string {
  if (error.code !== undefined && NETWORK_REASONS[error.code])
    return NETWORK_REASONS[error.code] ?? '';
  if (error.level === 'client-timeout') return 'no response to keepalives';
  if (error.level === 'client-authentication') return 'the SSH key was rejected';
  if (/handshake/i.test(error.message)) return 'SSH did not respond in time';
  return error.message.replace(/\s+/g, ' ').trim();
}

function ignore(): void {}
