import { existsSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HathiError } from '../../core/errors.ts';
import type { Ansible } from '../../ports/ansible.ts';
import { runCommand } from '../process/run-command.ts';
import {
  failedRun,
  failedTool,
  findOnPath,
  HOW_TO_GET,
  missingTool,
} from '../process/tool-errors.ts';
import { readLines, type Told } from './events.ts';
import { projectFiles } from './project-files.ts';

const PROGRAM = 'ansible-playbook';
const VERSION_SECONDS = 30;

/** Of ansible-core 2; older ones give callbacks a task's result under other names. */
const OLDEST_MINOR = 19;

/** A task that waits for a replica to be cloned says nothing meanwhile. */
const SILENCE_SECONDS = 900;

/** Of the 104 bytes of a socket's path on macOS, without the name: mark, address, port, ssh's suffix. */
const LONGEST_CONTROL_FOLDER_BYTES = 55;

/** What is kept of stderr. */
const LAST_WORDS_CHARACTERS = 2_000;

export interface AnsibleOptions {
  /** Folder of the project with `ansible/` and, once set up, `.tools/venv`; absolute. */
  assetsRoot: string;
  /** `ansible-playbook` to use; the project's own, else that of PATH, where absent. */
  playbookPath?: string | undefined;
  /** PATH, HOME and proxies; nothing else is passed on. */
  env: Record<string, string>;
}

/** ansible-core in a virtual environment of the project's own. */
export function createAnsible(options: AnsibleOptions): Ansible {
  let found: Promise<{ path: string; version: string }> | null = null;
  const engine = () => {
    found ??= findEngine(options).catch((error) => {
      found = null; // It may be installed while the server runs.
      throw error;
    });
    return found;
  };
  return {
    engine,
    files: (input) => projectFiles(options.assetsRoot, input),
    async play(children, folder, { restartOrder }) {
      const { path } = await engine();
      const told: Told = { recap: {}, failures: [] };
      const result = await children.run(
        {
          name: PROGRAM,
          command: path,
          args: [
            '-i',
            'inventory/hosts',
            '--extra-vars',
            `patroni_restart_order=${restartOrder}`,
            'main.yml',
          ],
          cwd: folder,
          env: {
            ...options.env,
            ANSIBLE_CONFIG: join(folder, 'ansible.cfg'),
            ANSIBLE_STDOUT_CALLBACK: 'hathi_events',
            ANSIBLE_NOCOLOR: '1',
            // The folder holds what was written and nothing else.
            PYTHONDONTWRITEBYTECODE: '1',
            ...(await controlFolder(options.env.HOME ?? '')),
          },
          silenceSeconds: SILENCE_SECONDS,
        },
        { onLines: (lines) => readLines(lines, told) },
      );
      const stderr = await readFile(result.stderrPath, 'utf8').catch(() => '');
      return {
        ...told,
        exitCode: result.exitCode,
        cancelled: result.cancelled,
        lastOutput: stderr.trim().slice(-LAST_WORDS_CHARACTERS),
      };
    },
  };
}

/**
 * Where ssh puts the sockets of shared connections. Ansible's default is in the home folder, and a socket
 * whose path is too long fails every connection.
 * @returns the variable for a short folder that only this user can read; nothing where the default works
 */
async function controlFolder(home: string): Promise<Record<string, string>> {
  const folder = join(home, '.ansible', 'cp');
  const works = Buffer.byteLength(folder) <= LONGEST_CONTROL_FOLDER_BYTES && !folder.includes('%');
  if (works) return {};
  return { ANSIBLE_SSH_CONTROL_PATH_DIR: await mkdtemp('/tmp/hathi-') };
}

/** @throws TOOL_MISSING | TOOL_TOO_OLD | TOOL_FAILED */
async function findEngine(options: AnsibleOptions): Promise<{ path: string; version: string }> {
  const own = join(options.assetsRoot, '.tools', 'venv', 'bin', PROGRAM);
  const path =
    options.playbookPath ?? (existsSync(own) ? own : findOnPath(PROGRAM, options.env.PATH ?? ''));
  if (path === null) throw missingTool(PROGRAM);
  const version = await versionOf(path, options.env);
  if (Number(version.split('.')[1]) >= OLDEST_MINOR) return { path, version };
  throw new HathiError(
    'TOOL_TOO_OLD',
    `${path} is of ansible-core ${version}; 2.${OLDEST_MINOR} or later is needed. ${HOW_TO_GET[PROGRAM]}`,
    { tool: PROGRAM, path, version, oldest: `2.${OLDEST_MINOR}` },
  );
}

async function versionOf(path: string, env: Record<string, string>): Promise<string> {
  const args = ['--version'];
  const result = await runCommand(path, args, { env, timeoutSeconds: VERSION_SECONDS });
  if (result.exitCode !== 0) throw failedRun(path, args, result);
  const version = /\[core ([^[\]]+)\]/.exec(result.stdout)?.[1];
  if (version !== undefined) return version;
  throw failedTool(path, `printed no version of ansible-core. ${HOW_TO_GET[PROGRAM]}`);
}
