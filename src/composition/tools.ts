import { join } from 'node:path';
import { createAnsible } from '../adapters/ansible/ansible.ts';
import { createAwsCloud } from '../adapters/aws/aws-cloud.ts';
import { createAwsTarget } from '../adapters/aws/aws-target.ts';
import { createDockerTarget } from '../adapters/docker/docker-target.ts';
import { createX509Pki } from '../adapters/pki/x509-pki.ts';
import { createSqlProbe } from '../adapters/postgres/sql-probe.ts';
import { loadMasterKeys } from '../adapters/secrets/master-key.ts';
import { createSecretBox } from '../adapters/secrets/secret-box.ts';
import { createNodeAccess } from '../adapters/ssh/node-access.ts';
import { createSshKeys } from '../adapters/ssh/ssh-keys.ts';
import { systemClock, uuidSource } from '../adapters/system/clock.ts';
import { createTerraform } from '../adapters/terraform/terraform.ts';
import { createFileWorkspace } from '../adapters/workspace/file-workspace.ts';
import type { Config } from '../config.ts';
import type { NodeTargets } from '../ports/target.ts';
import type { NodeSizes } from '../services/parameter-requests.ts';
import { ASSETS_ROOT } from './assets.ts';

/** Programs and clouds that Hathi uses; none is called yet. */
export function createMachineTools(config: Config) {
  const env = config.toolEnvironment;
  const cloud = createAwsCloud();
  const targets: NodeTargets = {
    local: createDockerTarget({ assetsRoot: ASSETS_ROOT, env }),
    aws: createAwsTarget(cloud, { env }),
  };
  return {
    cloud,
    targets,
    terraform: createTerraform({
      assetsRoot: ASSETS_ROOT,
      cacheFolder: join(config.dataDirectory, 'terraform-cache'),
      enginePath: config.terraformPath ?? undefined,
      cliConfigFile: config.terraformCliConfigPath ?? undefined,
      env,
    }),
    ansible: createAnsible({
      assetsRoot: ASSETS_ROOT,
      playbookPath: config.ansiblePlaybookPath ?? undefined,
      env,
    }),
    defaultTarget: config.target,
  };
}

/** Everything that stages and services use besides the database. Loads or creates the master key. */
export async function createTools(config: Config) {
  const machine = createMachineTools(config);
  const env = config.toolEnvironment;
  const nodeSizes: NodeSizes = async ({ spec, node_size: known }) =>
    known ?? (await machine.targets[spec.target].nodeSize(spec));
  const masterKeys = await loadMasterKeys(config.dataDirectory, config.masterKey ?? undefined);
  return {
    ...machine,
    workspace: createFileWorkspace(config.dataDirectory),
    secretBox: createSecretBox(masterKeys),
    sshKeys: createSshKeys({ env }),
    pki: createX509Pki(systemClock),
    probe: createSqlProbe({ env }),
    nodeAccess: createNodeAccess({
      env,
      clock: systemClock,
      readySeconds: config.nodeReadySeconds,
    }),
    ids: uuidSource,
    clock: systemClock,
    nodeSizes,
  };
}

export type Tools = Awaited<ReturnType<typeof createTools>>;
