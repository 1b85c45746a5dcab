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

/** Not copied with a module, because the workspace of a cluster does not need them. */
const MODULE_LEFT_OUT = new Set(['tests', 'examples', 'attributes.json', 'README.md']);

/** @param modulesFolder absolute path of the folder with the project's modules */
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

/** Written for administrators: the folder can also be used without Hathi. */
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
 * Returns import blocks, with which the next apply imports existing resources. A block can stay in
 * the file: it has no effect once its resource is in the state.
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
 * Returns `sha256:<hex>` of all files that determine a plan. These are the files of the folder that
 * are neither hidden nor a state. The lock file is hidden and is compared separately.
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

/**
 * Returns the sorted paths of all files below the folder, with forward slashes. Hidden files are
 * left out.
 */
async function filesBelow(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep))
    .filter((parts) => parts.every((name) => !name.startsWith('.') && wanted(name)))
    .map((parts) => parts.join('/'))
    .sort();
}
