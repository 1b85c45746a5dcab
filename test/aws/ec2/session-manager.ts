import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shell } from './shell.ts';

const SESSION_SECONDS = 10;

/** Runs on the machine. It connects to the broker, as the real agent does, and needs no open port. */
const AGENT = `#!/usr/bin/env python3
import socket, threading, time

BROKER = ('BROKER_HOST', BROKER_PORT)
with open('/var/lib/cloud/data/instance-id') as file:
    INSTANCE = file.read().strip()

def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass

def serve(session):
    sshd = socket.create_connection(('127.0.0.1', 22))
    threading.Thread(target=copy, args=(session, sshd), daemon=True).start()
    copy(sshd, session)

while True:
    try:
        session = socket.create_connection(BROKER)
        session.sendall(f'agent {INSTANCE}\\n'.encode())
        if session.recv(1) == b'+':
            threading.Thread(target=serve, args=(session,), daemon=True).start()
            continue
    except OSError:
        pass
    time.sleep(0.5)
`;

const UNIT = `[Unit]
Description=Stand-in for the agent of AWS Systems Manager

[Service]
ExecStart=/usr/bin/amazon-ssm-agent
Restart=always

[Install]
WantedBy=multi-user.target
`;

const CONTROL = `Package: amazon-ssm-agent
Version: 1.0
Architecture: all
Maintainer: Test <test@example.com>
Description: Stand-in for the agent of AWS Systems Manager
`;

/** In the place of AWS's own program, which needs an account behind it. */
const AWS = `#!/usr/bin/env python3
import os, shutil, socket, sys, threading

words = sys.argv[1:]
if words[:1] == ['--version']:
    sys.exit(print('aws-cli/2.0.0 stand-in'))
with open(os.path.join(os.path.dirname(__file__), 'calls'), 'a') as calls:
    calls.write(' '.join(words) + '\\n')
if shutil.which('session-manager-plugin') is None:
    sys.exit('SessionManagerPlugin is not found')
if words[:2] != ['ssm', 'start-session']:
    sys.exit('aws: the stand-in has only ssm start-session')
options = dict(zip(words[2::2], words[3::2]))
if options['--document-name'] != 'AWS-StartSSHSession' or options['--parameters'] != 'portNumber=22':
    sys.exit('aws: no such document')
session = socket.create_connection(('BROKER_HOST', BROKER_PORT))
session.sendall(f"session {options['--target']}\\n".encode())
if session.recv(1) != b'+':
    sys.exit('An error occurred (TargetNotConnected) when calling the StartSession operation')

def up():
    while data := os.read(0, 65536):
        session.sendall(data)
    session.shutdown(socket.SHUT_WR)

threading.Thread(target=up, daemon=True).start()
while data := session.recv(65536):
    os.write(1, data)
`;

const PLUGIN = '#!/bin/sh\necho 1.2.0.0\n';

export interface SessionManager {
  /** To be put before PATH: `aws` and its plugin. */
  folder: string;
  /** Where the agent's package is, and its SHA-256 digest. */
  agent: { url: string; sha256: string };
  /** The words of each call of `aws`, as one text. */
  calls(): Promise<string[]>;
  stop(): Promise<void>;
}

/**
 * AWS Systems Manager: a broker to which agents connect, the package of the agent, and the program `aws`. A
 * machine is reached only when it has installed that package.
 */
export async function startSessionManager(): Promise<SessionManager> {
  const folder = await mkdtemp(join(tmpdir(), 'hathi-ssm-'));
  // Of this machine, where containers of every Docker network reach it. Node.js leaves out a bridge that
  // has no container at the moment.
  const shown = await shell('ip', '-4', '-oneline', 'address', 'show', 'docker0');
  const host = /inet ([\d.]+)\//.exec(shown)?.[1];
  if (host === undefined) throw new Error('Docker has no bridge docker0');
  const broker = await startBroker(host);
  const placed = (text: string) =>
    text.replace('BROKER_HOST', host).replace('BROKER_PORT', String(broker.port));
  await writeFile(join(folder, 'aws'), placed(AWS), { mode: 0o755 });
  await writeFile(join(folder, 'session-manager-plugin'), PLUGIN, { mode: 0o755 });
  const deb = await packageOf(join(folder, 'package'), placed(AGENT));
  const http = createHttpServer((_request, response) => response.end(deb));
  await new Promise<void>((resolve) => http.listen(0, host, resolve));
  return {
    folder,
    agent: {
      url: `http://${host}:${(http.address() as AddressInfo).port}/latest/debian_amd64/amazon-ssm-agent.deb`,
      sha256: createHash('sha256').update(deb).digest('hex'),
    },
    async calls() {
      const text = await readFile(join(folder, 'calls'), 'utf8').catch(() => '');
      return text.split('\n').filter(Boolean);
    },
    async stop() {
      broker.stop();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function packageOf(root: string, agent: string): Promise<Buffer> {
  const files: [string, string, number][] = [
    ['DEBIAN/control', CONTROL, 0o644],
    ['usr/bin/amazon-ssm-agent', agent, 0o755],
    ['lib/systemd/system/amazon-ssm-agent.service', UNIT, 0o644],
  ];
  for (const [path, content, mode] of files) {
    await mkdir(join(root, path, '..'), { recursive: true, mode: 0o755 });
    await writeFile(join(root, path), content);
    await chmod(join(root, path), mode);
  }
  await shell('dpkg-deb', '--build', '--root-owner-group', root, `${root}.deb`);
  return await readFile(`${root}.deb`);
}

/** Each connection begins with `agent <instance>` or `session <instance>` on a line; `+` is its start. */
async function startBroker(host: string): Promise<{ port: number; stop(): void }> {
  const agents = new Map<string, Socket[]>();
  const sessions = new Map<string, Socket[]>();
  const open = new Set<Socket>();

  const pair = (instance: string): void => {
    const [agent, session] = [agents.get(instance)?.[0], sessions.get(instance)?.[0]];
    if (!agent || !session) return;
    agents.get(instance)?.shift();
    sessions.get(instance)?.shift();
    agent.write('+');
    session.write('+');
    agent.pipe(session);
    session.pipe(agent);
  };
  const join = (waiting: Map<string, Socket[]>, instance: string, socket: Socket): void => {
    waiting.set(instance, [...(waiting.get(instance) ?? []), socket]);
    socket.once('close', () => {
      const others = waiting.get(instance)?.filter((one) => one !== socket) ?? [];
      waiting.set(instance, others);
    });
    pair(instance);
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => open.delete(socket));
    let line = '';
    // Read by hand, so that nothing that follows the line is lost.
    const read = () => {
      for (;;) {
        const byte = socket.read(1) as Buffer | null;
        if (byte === null) return;
        if (byte.toString() !== '\n') {
          line += byte.toString();
          continue;
        }
        socket.off('readable', read);
        const [kind, instance = ''] = line.split(' ');
        if (kind === 'agent') return join(agents, instance, socket);
        // An agent that is between two connections is there in a moment; no other one is.
        if (!agents.has(instance)) return void socket.end('-');
        setTimeout(() => {
          if (sessions.get(instance)?.includes(socket)) socket.end('-');
        }, SESSION_SECONDS * 1_000).unref();
        return join(sessions, instance, socket);
      }
    };
    socket.on('readable', read);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}
