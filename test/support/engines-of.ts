import { readdir, readFile } from 'node:fs/promises';

/** Pids of the Terraform that works for the server with that data directory, its plugins included. */
export async function enginesOf(dataDirectory: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const read = (file: string) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
    const command = await read('cmdline');
    const environment = await read('environ');
    const isIts = command.includes(dataDirectory) || environment.includes(dataDirectory);
    if (isIts && /terraform|tofu/.test(command.split('\0')[0] ?? '')) found.push(Number(name));
  }
  return found;
}
