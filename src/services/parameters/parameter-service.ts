import { clusterNotFound } from '../../core/cluster/cluster-errors.ts';
import { stepMissing } from '../../core/cluster/missing-step.ts';
import { findSetting } from '../../core/postgres/catalogue.ts';
import { parametersOf } from '../../core/postgres/cluster-parameters.ts';
import type { ParameterList, ParameterSetting } from '../../core/postgres/parameter-list.ts';
import { readValue } from '../../core/postgres/parameter-value.ts';
import type { CheckedParameter } from '../../core/postgres/parameters.ts';
import {
  isOfTheSession,
  type NodeSettings,
  type ObservedSetting,
} from '../../core/postgres/settings-verdict.ts';
import type { Probe } from '../../ports/probe.ts';
import type { SecretBox } from '../../ports/secrets.ts';
import type { ClusterRecord } from '../../ports/stores.ts';
import type { Targets } from '../../ports/target.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import type { Workspace } from '../../ports/workspace.ts';
import { readSecret } from '../../shared/cluster-secrets.ts';
import { withNodeSession } from '../../shared/node-session.ts';
import type { NodeSizes } from './parameter-requests.ts';

export interface ParameterService {
  /**
   * Queries every node. @throws CLUSTER_NOT_FOUND | PARAMETER_* if the machine has become too small
   */
  list(cluster: string): Promise<ParameterList>;
}

export interface ParameterServiceTools {
  unitOfWork: UnitOfWork;
  box: SecretBox;
  probe: Probe;
  workspace: Workspace;
  targets: Targets;
  sizes: NodeSizes;
}

/** Sources of settings that describe the server and were not set. */
const NOT_SET_BY_ANYBODY = ['default', 'override'];

export function createParameterService(tools: ParameterServiceTools): ParameterService {
  const stores = tools.unitOfWork.direct;

  const observe = async (
    cluster: ClusterRecord,
    names: readonly string[],
  ): Promise<NodeSettings[]> => {
    // Before Ansible ran, no node has PostgreSQL, and there are no secrets to reach it.
    if (cluster.ansible_executed_revision === null) return [];
    const secret = async (name: string) => {
      const value = await readSecret(stores, tools.box, cluster, name);
      if (value === null) {
        throw stepMissing('connection', 'create-ansible-script', cluster.name);
      }
      return value;
    };
    return await withNodeSession(tools, cluster, secret, (session) => session.settings(names));
  };

  return {
    async list(name) {
      const cluster = await stores.clusters.find(name);
      if (!cluster) throw clusterNotFound(name, await stores.clusters.names());
      const written = parametersOf(cluster, await tools.sizes(cluster));
      const observed = await observe(
        cluster,
        written.map((parameter) => parameter.name),
      );
      return {
        parameters: parameterSettings(cluster, written, observed),
        unreachable: observed.flatMap(({ node, reason }) => (reason ? [{ node, reason }] : [])),
      };
    },
  };
}

function parameterSettings(
  cluster: ClusterRecord,
  written: readonly CheckedParameter[],
  observed: readonly NodeSettings[],
): ParameterSetting[] {
  const views = new Map<string, ParameterSetting>();
  for (const { name, value, restart } of written) {
    const source = Object.hasOwn(cluster.spec.parameters, name) ? 'spec' : 'hathi';
    views.set(name.toLowerCase(), {
      name,
      value,
      default: null,
      unit: null,
      source,
      restart,
      nodes: [],
    });
  }
  for (const { node, settings } of observed) {
    for (const shown of settings) {
      const row = isOfTheSession(shown) ? ofNewSessions(shown, cluster) : shown;
      if (row === null) continue;
      const { name, setting, unit, boot_val, source, pending_restart } = row;
      const known = views.get(name.toLowerCase());
      if (!known && NOT_SET_BY_ANYBODY.includes(source)) continue;
      const view = known ?? {
        name,
        value: null,
        default: null,
        unit: null,
        source: 'node' as const,
        restart: null,
        nodes: [],
      };
      views.set(name.toLowerCase(), { ...view, default: boot_val, unit });
      view.nodes.push({ node, setting, source, pending_restart });
    }
  }
  return [...views.values()].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}

/** The value of a new session, if the current session has a different one. */
function ofNewSessions(row: ObservedSetting, { spec }: ClusterRecord): ObservedSetting | null {
  const setting = findSetting(spec.postgres_version, row.name);
  if (row.file_setting === null || setting === undefined) return null;
  const read = readValue(setting, row.file_setting);
  return read.ok ? { ...row, setting: read.setting, source: 'configuration file' } : null;
}
