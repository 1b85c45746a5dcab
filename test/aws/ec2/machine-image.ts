import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shell, shellWithin } from './shell.ts';

/** It downloads packages. */
const BUILD_SECONDS = 480;
const recipe = join(import.meta.dirname, 'image');
const nodeImages = fileURLToPath(new URL('../../../images/node/build.sh', import.meta.url));

/** @returns the image of a Debian 13 as EC2 would boot it; built where its recipe has changed */
export async function machineImage(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(recipe)).sort()) {
    hash.update(`${name}\0`).update(await readFile(join(recipe, name)));
  }
  const image = `hathi-test-ec2:${hash.digest('hex').slice(0, 12)}`;
  if (await shell('docker', 'images', '-q', image)) return image;
  const base = await shell(nodeImages, 'trixie', '--base');
  await shellWithin(
    BUILD_SECONDS,
    'docker',
    ...['build', '--network', 'host', '--build-arg', `BASE=${base}`],
    ...['--build-arg', 'http_proxy', '--build-arg', 'https_proxy', '--tag', image, recipe],
  );
  return image;
}
