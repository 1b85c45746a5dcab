import type { Role } from '../core/cluster/topology.ts';
import { HathiError } from '../core/errors.ts';
import type { SecretBox } from '../ports/secrets.ts';
import type { ClusterRecord, Stores } from '../ports/stores.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import type { Workspace } from '../ports/workspace.ts';
import type { ClusterService, ClusterView, ConnectionView } from './api.ts';
import { clusterNotFound } from './operations.ts';

export interface ClusterServiceTools {
  unitOfWork: UnitOfWork;
  box: SecretBox;
  workspace: Workspace;
}

const SUPERUSER = 'postgres';
const DATABASE = 'postgres';

export function createClusterService(tools: ClusterServiceTools): ClusterService {
  const stores = tools.unitOfWork.direct;

  const find = async (name: string): Promise<ClusterRecord> => {
    const cluster = await stores.clusters.find(name);
    if (!cluster) throw clusterNotFound(name);
    return cluster;
  };

  const secret = async (cluster: ClusterRecord, name: string): Promise<string | null> => {
    const sealed = await stores.secrets.get(cluster.id, name);
    if (!sealed) return null;
    return Buffer.from(tools.box.open(sealed, `secret:${cluster.id}:${name}`)).toString('utf8');
  };

  return {
    async list() {
      const clusters = await stores.clusters.list();
      return await Promise.all(clusters.map((cluster) => view(stores, cluster)));
    },
    get: async (name) => await view(stores, await find(name)),
    async connection(name) {
      const cluster = await find(name);
      const password = await secret(cluster, 'postgres-superuser-password');
      const certificate = await secret(cluster, 'ca-certificate');
      if (!cluster.nodes || !password || !certificate) {
        throw new HathiError(
          'STEP_MISSING',
          `Cluster ${name} has nothing to connect to before execute-ansible-script has run.`,
          { step: 'connection', missing: 'execute-ansible-script', cluster: name },
        );
      }
      const path = tools.workspace.path(name, 'ansible', 'pki', 'ca.crt');
      return connectionView(cluster, password, certificate, path);
    },
    async latestReport(name) {
      const report = await stores.reports.latest((await find(name)).id);
      if (report) return report;
      throw new HathiError(
        'REPORT_NOT_FOUND',
        `Cluster ${name} has no report yet: POST /verify-replication makes one.`,
        { cluster: name },
      );
    },
  };
}

async function view(stores: Stores, cluster: ClusterRecord): Promise<ClusterView> {
  const [operation, report] = await Promise.all([
    stores.operations.unfinishedOf(cluster.id),
    stores.reports.latest(cluster.id),
  ]);
  const {
    site: _site,
    network_index: _index,
    node_size: _size,
    destroyed_at: _destroyed,
    ...members
  } = cluster;
  return {
    ...members,
    operation: operation && { id: operation.id, kind: operation.kind, state: operation.state },
    latest_report: report && {
      id: report.id,
      passed: report.passed,
      created_at: report.created_at,
    },
  };
}

function connectionView(
  cluster: ClusterRecord,
  password: string,
  certificate: string,
  certificatePath: string,
): ConnectionView {
  const reachable = (cluster.nodes ?? []).flatMap(({ name, postgres_host, postgres_port }) =>
    postgres_host !== null && postgres_port !== null
      ? [{ name, role: roleOf(cluster, name), host: postgres_host, port: postgres_port }]
      : [],
  );
  const uriOf = (hosts: string, more = '') =>
    `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@${hosts}/${DATABASE}` +
    `?sslmode=verify-full&sslrootcert=${encodeURIComponent(certificatePath)}${more}`;
  return {
    cluster: cluster.name,
    user: SUPERUSER,
    password,
    database: DATABASE,
    ca_certificate: certificate,
    ca_certificate_path: certificatePath,
    nodes: reachable.map((node) => ({ ...node, uri: uriOf(`${node.host}:${node.port}`) })),
    uri: uriOf(
      reachable.map(({ host, port }) => `${host}:${port}`).join(','),
      '&target_session_attrs=read-write',
    ),
  };
}

function roleOf(cluster: ClusterRecord, node: string): Role | null {
  return cluster.topology?.nodes.find(({ name }) => name === node)?.role ?? null;
}
