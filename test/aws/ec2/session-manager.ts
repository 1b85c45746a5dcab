import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LABEL } from './networks.ts';

/** Where AWS's own door is: it finds the instance's machine, and carries bytes to its sshd. */
const PROGRAM = `#!/usr/bin/env python3
import os, shutil, socket, subprocess, sys, threading

words = sys.argv[1:]
if words == ['--version']:
    print('aws-cli/2.0.0 as a stand-in')
    sys.exit()
with open(os.path.join(os.path.dirname(__file__), 'calls'), 'a') as calls:
    calls.write(' '.join(words) + '\\n')
if words[:2] != ['ssm', 'start-session']:
    sys.exit('aws: only ssm start-session is played here')
options = dict(zip(words[2::2], words[3::2]))
if options['--document-name'] != 'AWS-StartSSHSession':
    sys.exit('aws: no such document')
if shutil.which('session-manager-plugin') is None:
    sys.exit('SessionManagerPlugin is not found')
format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
machine = '${LABEL}-' + options['--target']
found = subprocess.run(['docker', 'inspect', '--format', format, machine], capture_output=True, text=True)
if found.returncode != 0:
    sys.exit('An error occurred (TargetNotConnected) when calling the StartSession operation')
port = int(options['--parameters'].removeprefix('portNumber='))
session = socket.create_connection((found.stdout.strip(), port))

def up():
    while data := os.read(0, 65536):
        session.sendall(data)
    session.shutdown(socket.SHUT_WR)

threading.Thread(target=up, daemon=True).start()
while data := session.recv(65536):
    os.write(1, data)
`;

const PLUGIN = '#!/bin/sh\necho 1.2.0.0\n';

/** A program `aws` in the place of AWS's own, which needs an account behind it. */
export interface SessionManager {
  /** To be put before PATH. */
  folder: string;
  /** The words of each call, as one text. */
  calls(): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startSessionManager(): Promise<SessionManager> {
  const folder = await mkdtemp(join(tmpdir(), 'hathi-ssm-'));
  await writeFile(join(folder, 'aws'), PROGRAM, { mode: 0o755 });
  await writeFile(join(folder, 'session-manager-plugin'), PLUGIN, { mode: 0o755 });
  return {
    folder,
    async calls() {
      const text = await readFile(join(folder, 'calls'), 'utf8').catch(() => '');
      return text.split('\n').filter(Boolean);
    },
    async stop() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
