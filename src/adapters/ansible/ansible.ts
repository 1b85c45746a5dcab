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
import { type PlaybookFacts, readLines } from './events.ts';
import { projectFiles } from './project-files.ts';

const PROGRAM = 'ansible-playbook';
const VERSION_SECONDS = 30;

/**
 * Minor version of ansible-core 2. Older versions pass a task's result to callbacks under other
 * names.
 */
const OLDEST_MINOR = 19;

/** A task that waits for the clone of a replica writes no output during that time. */
const SILENCE_SECONDS = 900;

/**
 * Limit for the folder of the sockets. macOS allows 104 bytes for the path of a socket. The rest is
 * for the name: mark, address, port, ssh's suffix.
 */
const LONGEST_CONTROL_FOLDER_BYTES = 55;

/** Number of characters of stderr to keep. */
const LAST_WORDS_CHARACTERS = 2_000;

export interface AnsibleOptions {
  /**
   * Absolute path of the project folder that contains `ansible/` and, after the setup,
   * `.tools/venv`.
   */
  assetsRoot: string;
  /** Path of `ansible-playbook`. Default: the project's own, else the first one on PATH. */
  playbookPath?: string | undefined;
  /** PATH, HOME and the proxy variables. No other variables are passed on. */
  env: Record<string, string>;
}

/** Runs ansible-core from the project's virtual environment. */
export function createAnsible(options: AnsibleOptions): Ansible {
  let found: Promise<{ path: string; version: string }> | null = null;
  const engine = () => {
    found ??= findEngine(options).catch((error) => {
      found = null; // The user can install it while the server runs.
      throw error;
    });
    return found;
  };
  return {
    engine,
    files: (input) => projectFiles(options.assetsRoot, input),
    async play(children, folder, { restartOrder }) {
      const { path } = await engine();
      const facts: PlaybookFacts = { recap: {}, failures: [] };
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
            // Keeps Python's cache files out of the folder, so that it contains only the generated
            // files.
            PYTHONDONTWRITEBYTECODE: '1',
            ...(await controlFolder(options.env.HOME ?? '')),
          },
          silenceSeconds: SILENCE_SECONDS,
        },
        { onLines: (lines) => readLines(lines, facts) },
      );
      const stderr = await readFile(result.stderrPath, 'utf8').catch(() => '');
      return {
        ...facts,
        exitCode: result.exitCode,
        cancelled: result.cancelled,
        lastOutput: stderr.trim().slice(-LAST_WORDS_CHARACTERS),
      };
    },
  };
}

/**
 * Sets a folder for the sockets of shared ssh connections. Ansible's default is in the home folder.
 * If the path of a socket is too long, every connection fails.
 * @returns the variable for a short folder that only this user can read; nothing if the default
 *   works
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
