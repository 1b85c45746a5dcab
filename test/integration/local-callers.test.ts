import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import {
  type AddressInfo,
  connect,
  createServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../src/adapters/process/run-command.ts';
import { createLocalCallers } from '../../src/adapters/system/local-callers.ts';
import { callerKeys } from '../../src/adapters/system/socket-table.ts';
import { ServerProcess } from '../support/server-process.ts';

/** `nobody` and a user without a name; neither runs anything here. */
const [NOBODY, STRANGER] = [65_534, 64_001];
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/** Empty on a machine without IPv6. */
const IPV6_LOOPBACK = Object.values(networkInterfaces())
  .flat()
  .some((at) => at?.address === '::1')
  ? ['::1']
  : [];

const LOOPBACKS = ['127.0.0.1', ...IPV6_LOOPBACK];

const asUser = (uid: number, ...command: string[]) =>
  ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--', ...command] as const;

async function curl(uid: number, ...args: string[]) {
  const [program, ...rest] = asUser(uid, 'curl', '-sS', '--max-time', '10', ...args);
  const { stdout, stderr } = await runCommand(program, rest, { env: { PATH }, timeoutSeconds: 20 });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

it('runs as root where tests may not be left out, to become other users', () => {
  if (process.env.CI) expect(process.getuid?.()).toBe(0);
});

describe.runIf(process.getuid?.() === 0)('a server without a token', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.startWithFakeStages();
  });
  afterAll(async () => await server?.destroy());

  it.each(['127.0.0.1', '[::ffff:127.0.0.1]', '127.0.0.9'])(
    'accepts its own user at %s and rejects another',
    async (host) => {
      const { port } = new URL(server.url);
      // The server listens on one address of 127.0.0.0/8, and a client may use any of them as its own.
      const interfaceOf = host === '127.0.0.9' ? ['--interface', host] : [];
      const to = `http://${host === '127.0.0.9' ? '127.0.0.1' : host}:${port}/api/v1/clusters`;
      const known = ['--header', 'Host: localhost'];
      expect(await curl(0, ...interfaceOf, ...known, to)).toMatchObject({ clusters: [] });
      const refused = await curl(NOBODY, ...interfaceOf, ...known, to);
      expect(refused).toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
      expect(refused.detail).toContain('HATHI_TOKEN');
    },
  );

  it('rejects another user in every request of a connection, and changes nothing', async () => {
    const create = ['--json', '{"name": "stolen"}', `${server.url}/api/v1/clusters`];
    const twice = await runCommand(
      'setpriv',
      asUser(NOBODY, 'curl', '-sS', '-o', '/dev/null', '-o', '/dev/null')
        .slice(1)
        .concat('-w', '%{http_code} %{num_connects}\n', ...create, ...create.slice(-1)),
      { env: { PATH }, timeoutSeconds: 20 },
    );
    expect(twice.stdout.trim().split('\n')).toEqual(['401 1', '401 0']);
    expect((await server.get('/api/v1/clusters')).body.clusters).toEqual([]);
  });

  it('leaves the checks of a supervisor open to every user', async () => {
    expect(await curl(NOBODY, `${server.url}/health`)).toMatchObject({ status: 'ok' });
  });
});

describe.each(LOOPBACKS)('the owner of a connection at %s', (host) => {
  let listener: TcpServer;
  let child: ChildProcess | null = null;
  const clients: Socket[] = [];
  beforeAll(async () => {
    listener = createServer();
    await new Promise<void>((ready) => listener.listen(0, host, ready));
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    for (const client of clients.splice(0)) client.destroy();
  });
  afterAll(() => listener?.close());

  const port = () => (listener.address() as AddressInfo).port;
  const endsOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket) =>
    ({ remoteAddress, remotePort, localAddress, localPort }) as Parameters<
      NonNullable<Awaited<ReturnType<typeof createLocalCallers>>>['isOwner']
    >[0];
  const nextConnection = () =>
    new Promise<Socket>((resolve) => listener.once('connection', resolve));
  const callersOf = async (uid: number) => {
    const callers = await createLocalCallers(uid);
    if (callers === null) throw new Error('this system shows no owners');
    return callers;
  };

  it.runIf(process.getuid?.() === 0)('is the user of its process, while that has it', async () => {
    const connection = nextConnection();
    // More than the buffers of both ends hold, so that the kernel keeps the socket after the process.
    const script = `exec 3<>/dev/tcp/${host}/${port()}; exec head -c 100000000 /dev/zero >&3`;
    const [program, ...args] = asUser(STRANGER, 'bash', '-c', script);
    child = spawn(program, args, { env: { PATH } });
    const socket = await connection;
    const ends = endsOf(socket);
    expect(await (await callersOf(STRANGER)).isOwner(ends)).toBe(true);
    expect(await (await callersOf(NOBODY)).isOwner(ends)).toBe(false);
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    // The kernel still lists the socket, with a uid without a meaning: older kernels print that of root.
    expect(await readFile(host === '::1' ? '/proc/net/tcp6' : '/proc/net/tcp', 'utf8')).toContain(
      `${callerKeys(ends)[0]} 04 `,
    );
    expect(await (await callersOf(STRANGER)).isOwner(ends)).toBe(false);
    socket.destroy();
  });

  it('is found for many connections at once, and not for one that does not exist', async () => {
    const sockets: Socket[] = [];
    listener.on('connection', (socket) => sockets.push(socket));
    for (let index = 0; index < 500; index++) clients.push(connect(port(), host));
    await expect.poll(() => sockets.length).toBe(500);
    const callers = await callersOf(process.getuid?.() ?? 0);
    const answers = await Promise.all(sockets.map((socket) => callers.isOwner(endsOf(socket))));
    expect(answers.every(Boolean)).toBe(true);
    const [first] = sockets;
    const other = { ...endsOf(first as Socket), localPort: port() === 1 ? 2 : 1 };
    expect(await callers.isOwner(other)).toBe(false);
    for (const socket of sockets) socket.destroy();
  });
});
