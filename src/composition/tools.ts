import { join } from 'node:path';
import { createAnsible } from '../adapters/ansible/ansible.ts';
import { createX509Pki } from '../adapters/pki/x509-pki.ts';
import { createSqlProbe } from '../adapters/postgres/sql-probe.ts';
import { loadMasterKeys } from '../adapters/secrets/master-key.ts';
import { createSecretBox } from '../adapters/secrets/secret-box.ts';
import { createNodeBoot } from '../adapters/ssh/node-boot.ts';
import { createNodeSessions } from '../adapters/ssh/node-sessions.ts';
import { createSshKeys } from '../adapters/ssh/ssh-keys.ts';
import { systemClock, uuidSource } from '../adapters/system/clock.ts';
import { createTerraform } from '../adapters/terraform/terraform.ts';
import { createFileWorkspace } from '../adapters/workspace/file-workspace.ts';
import type { Config } from '../config.ts';
import type { Targets } from '../ports/target.ts';
import type { NodeSizes } from '../services/parameters/parameter-requests.ts';
import { targetOf } from '../shared/targets.ts';
import { ASSETS_ROOT } from './assets.ts';
import { createTargets } from './targets.ts';

/** Programs and clouds that Hathi uses. No program is started and no cloud is called here. */
export function createMachineTools(config: Config, targets = createTargets(config)) {
  const env = config.toolEnvironment;
  return {
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
  };
}

/**
 * Everything that stages and services use besides the database. Loads or creates the master key.
 */
export async function createTools(config: Config, targets: Targets) {
  const machine = createMachineTools(config, targets);
  const env = config.toolEnvironment;
  const nodeSizes: NodeSizes = async ({ spec, node_size: known }) =>
    known ?? (await targetOf({ spec }, machine).nodeSize(spec));
  const masterKeys = await loadMasterKeys(config.dataDirectory, config.masterKey ?? undefined);
  return {
    ...machine,
    workspace: createFileWorkspace(config.dataDirectory),
    secretBox: createSecretBox(masterKeys),
    sshKeys: createSshKeys({ env }),
    pki: createX509Pki(systemClock),
    probe: createSqlProbe({ env }),
    nodeBoot: createNodeBoot({
      env,
      clock: systemClock,
      readySeconds: config.nodeReadySeconds,
    }),
    sessions: createNodeSessions({ assetsRoot: ASSETS_ROOT, env }),
    ids: uuidSource,
    clock: systemClock,
    nodeSizes,
  };
}

export type Tools = Awaited<ReturnType<typeof createTools>>;
