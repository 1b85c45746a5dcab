import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import {
  attribute,
  blank,
  block,
  comment,
  expression,
  writeHcl,
} from '../../core/terraform/hcl.ts';
import type { MainFile } from '../../core/terraform/main-file.ts';
import type { ConfigurationRequest, Import } from '../../ports/terraform.ts';
import type { WorkspaceFile } from '../../ports/workspace.ts';

export const OLDEST_TERRAFORM = '1.6.0';

/** Not copied with a module: a cluster's workspace has no use for them. */
const MODULE_LEFT_OUT = new Set(['tests', 'examples', 'attributes.json', 'README.md']);

/** @param modulesFolder where the project's own modules lie; absolute */
export async function configurationFiles(
  modulesFolder: string,
  { cluster, target, main }: ConfigurationRequest,
): Promise<WorkspaceFile[]> {
  const module = join(modulesFolder, target);
  const paths =
    main.module === null ? [] : await filesBelow(module, (name) => !MODULE_LEFT_OUT.has(name));
  const copied = paths.map(async (path): Promise<WorkspaceFile> => {
    const source = join(module, path);
    const executable = ((await stat(source)).mode & 0o100) !== 0;
    return {
      path: `modules/${target}/${path}`,
      content: await readFile(source),
      mode: executable ? 0o755 : 0o644,
    };
  });
  return [
    { path: 'main.tf', content: mainFile(cluster, main) },
    { path: 'outputs.tf', content: outputsFile(main) },
    ...(await Promise.all(copied)),
  ];
}

/** Written for a person: what they find in the folder works there by hand. */
function mainFile(cluster: string, target: MainFile): string {
  return writeHcl([
    comment(
      `The machines of the cluster ${cluster}, as Hathi wrote them. They can be planned and applied\nby hand in this folder as well; generate-terraform writes the file anew.`,
    ),
    blank,
    block(
      'terraform',
      [],
      [attribute('required_version', `>= ${OLDEST_TERRAFORM}`), ...target.settings],
    ),
    blank,
    ...target.providers,
    block(
      'variable',
      ['operation_id'],
      [
        attribute(
          'description',
          'Labels what an apply makes. No machine is replaced for a new one.',
        ),
        attribute('type', expression('string')),
        attribute('default', 'by-hand'),
      ],
    ),
    blank,
    ...(target.module === null ? [] : [block('module', ['cluster'], [...target.module])]),
  ]);
}

function outputsFile({ outputs }: MainFile): string {
  return writeHcl([
    block(
      'output',
      ['nodes'],
      [
        attribute(
          'description',
          'Nodes by name: their address in the network, and how to reach them.',
        ),
        attribute('value', outputs?.nodes ?? expression('module.cluster.nodes')),
      ],
    ),
    blank,
    block(
      'output',
      ['network'],
      [
        attribute('description', "Name of the cluster's network."),
        attribute('value', outputs?.network ?? expression('module.cluster.network')),
      ],
    ),
  ]);
}

/**
 * Import blocks, by which the next apply takes over what is there already. Such a block may stay: one
 * whose resource is in the state does nothing.
 */
export function importsFile(imports: readonly Import[]): string {
  return writeHcl([
    comment(
      imports.length === 0
        ? 'Everything that carries the tags of the cluster is in the state.'
        : 'Made by an apply that was cut off, and in no state: the next one takes it over.',
    ),
    ...imports.flatMap(({ address, id }) => [
      blank,
      block('import', [], [attribute('to', expression(address)), attribute('id', id)]),
    ]),
  ]);
}

/**
 * `sha256:<hex>` of every file that a plan in the folder is made from: what is neither hidden nor a
 * state. The lock file is hidden, and compared by itself.
 */
export async function configurationDigest(folder: string): Promise<string> {
  const paths = await filesBelow(
    folder,
    (name) => !name.startsWith('terraform.tfstate') && name !== 'errored.tfstate',
  );
  const hash = createHash('sha256');
  for (const path of paths) {
    const content = await readFile(join(folder, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** Paths of files below, with forward slashes, sorted; hidden ones are left out. */
async function filesBelow(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep))
    .filter((parts) => parts.every((name) => !name.startsWith('.') && wanted(name)))
    .map((parts) => parts.join('/'))
    .sort();
}
