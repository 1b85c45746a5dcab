import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

export interface BackgroundProcess {
  pid: number;
  /** Resolves when the process ends, for as long as this process lives. */
  ended: Promise<void>;
}

/** Starts a Node.js program that outlives this process. Its output goes to a separate file. */
export function startInBackground(
  program: string,
  options: { logPath: string; env: NodeJS.ProcessEnv },
): BackgroundProcess {
  mkdirSync(dirname(options.logPath), { recursive: true, mode: 0o700 });
  const log = openSync(options.logPath, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [program], {
      env: options.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    child.unref();
    return { pid: child.pid ?? 0, ended };
  } finally {
    closeSync(log);
  }
}
