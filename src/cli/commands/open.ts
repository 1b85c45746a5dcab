import { spawn } from 'node:child_process';
import { platform } from 'node:process';
import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';

/** Pages of a server and their paths. */
const PAGES = { start: '/', docs: '/docs' } as const;
export type Page = keyof typeof PAGES;

/** Prints the address of a page of the server, and opens it where there is a desktop. */
export async function open(cli: Cli, page: Page): Ending {
  await apiOf(cli).call((client) => client.getHealth());
  const url = `${cli.settings.url}${PAGES[page]}`;
  const program = opener(cli);
  if (program !== null) {
    const child = spawn(program, [url], { stdio: 'ignore', detached: true });
    // The printed address is enough where the program is missing.
    child.once('error', () => {});
    child.unref();
  }
  cli.printResult({ url }, () => url);
  return 'done';
}

/** null without a desktop: on a server a browser for terminals would take over the terminal. */
function opener({ interactive, world: { environment } }: Cli): string | null {
  if (!interactive) return null;
  if (platform === 'darwin') return 'open';
  return environment.DISPLAY || environment.WAYLAND_DISPLAY ? 'xdg-open' : null;
}
