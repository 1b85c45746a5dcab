import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HathiError } from '../../core/errors.ts';
import type { StageEvent } from '../../core/operation/event.ts';
import type { ChildRunner } from '../../ports/child-runner.ts';
import type { Docker } from './docker.ts';

/** Flavours of the node image by the PostgreSQL version that they contain. */
const FLAVOUR: Record<string, string> = { '17': 'trixie', '15': 'bookworm' };
export const IMAGE_VERSIONS = Object.keys(FLAVOUR);
/** A build writes little output while it installs packages. */
const BUILD_SILENCE_SECONDS = 900;
const BUILD = 'node-image';

export interface NodeImages {
  prepare(children: ChildRunner, postgresVersion: string): Promise<string>;
}

/** @param assetsRoot absolute path of the project folder that contains `images/node` */
export function createNodeImages(
  docker: Docker,
  assetsRoot: string,
  env: Record<string, string>,
): NodeImages {
  /**
   * Images found since the start of the server. The recipe of an image does not change while it
   * runs.
   */
  const known = new Map<string, string>();

  async function isThere(image: string): Promise<boolean> {
    return docker('image', 'inspect', '--format', '{{.Id}}', image).then(
      () => true,
      () => false,
    );
  }

  return {
    async prepare(children, postgresVersion) {
      const flavour = FLAVOUR[postgresVersion];
      if (flavour === undefined) {
        throw new HathiError(
          'INVALID_REQUEST',
          `Nodes of the local target come with PostgreSQL ${IMAGE_VERSIONS.join(' or ')}, not ${postgresVersion}.`,
          { postgres_version: postgresVersion, available: IMAGE_VERSIONS },
        );
      }
      const earlier = known.get(flavour);
      if (earlier !== undefined && (await isThere(earlier))) return earlier;
      const build = await children.run(
        {
          name: BUILD,
          command: '/bin/sh',
          args: [join(assetsRoot, 'images', 'node', 'build.sh'), flavour],
          cwd: assetsRoot,
          env,
          silenceSeconds: BUILD_SILENCE_SECONDS,
          eventsFile: 'stderr',
        },
        { onLines: (lines) => lines.map(progress) },
      );
      if (build.cancelled) {
        throw new HathiError('OPERATION_CANCELLED', 'The build of the node image was stopped.');
      }
      const image = (await readFile(build.stdoutPath, 'utf8')).trim();
      if (build.exitCode !== 0 || image === '') {
        // Deletes the record of the build, so that the next attempt of this operation builds again.
        await children.forget(BUILD);
        // This command throws a clearer error if the cause is a missing Docker.
        await docker('version', '--format', '{{.Server.Version}}');
        const said = (await readFile(build.stderrPath, 'utf8')).trim();
        throw new HathiError(
          'OPERATION_FAILED',
          `The node image could not be built: ${said.split('\n').at(-1)}`,
          { exit_code: build.exitCode },
        );
      }
      known.set(flavour, image);
      return image;
    },
  };
}

function progress(message: string): StageEvent {
  return { type: 'terraform.log', data: { level: 'info', message } };
}
