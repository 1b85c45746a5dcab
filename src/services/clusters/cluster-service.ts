import type { Cluster } from '../../core/cluster/cluster.ts';
import { clusterNotFound, clusterProtected } from '../../core/cluster/cluster-errors.ts';
import type { Connection } from '../../core/cluster/connection.ts';
import { connectionStrings, libpqUri } from '../../core/cluster/connection-strings.ts';
import { stepMissing } from '../../core/cluster/missing-step.ts';
import type { ClusterNode, Role, Topology } from '../../core/cluster/topology.ts';
import { HathiError } from '../../core/errors.ts';
import type { Node } from '../../core/node/node.ts';
import type { Report } from '../../core/postgres/replication-report.ts';
import { runStep } from '../../core/remedy.ts';
import type { ForgottenCluster } from '../../core/resources.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LocalNetworks } from '../../ports/local-networks.ts';
import type { SecretBox } from '../../ports/secrets.ts';
import type { ClusterRecord } from '../../ports/stores.ts';
import type { Targets } from '../../ports/target.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import type { Workspace } from '../../ports/workspace.ts';
import { readSecret } from '../../shared/cluster-secrets.ts';
import { targetOf } from '../../shared/targets.ts';
import type { Cursors } from '../lists/cursors.ts';
import type { PageOf, PageRequest } from '../lists/page.ts';
import { SharedReads } from '../lists/shared-reads.ts';
import { clusterDocument, nodeDocuments, topologyNow } from './cluster-documents.ts';
import { changeMetadata, type MetadataChange, tagOf } from './cluster-metadata.ts';
import { createMachineObserver } from './machines.ts';

/** A view with the tag of the part that PATCH changes. */
export interface Tagged<View> {
  view: View;
  /** Without quotes. */
  tag: string;
}

/** Use cases of clusters. Every method except `list` can throw CLUSTER_NOT_FOUND. */
export interface ClusterService {
  /** Not destroyed, by name. @throws INVALID_CURSOR */
  list(page: PageRequest, label?: { name: string; value: string }): Promise<PageOf<Cluster>>;
  get(name: string): Promise<Tagged<Cluster>>;
  nodes(name: string): Promise<Node[]>;
  /** @throws STEP_MISSING while no node or no password is there yet */
  connection(name: string): Promise<Connection>;
  /** @throws REPORT_NOT_FOUND */
  latestReport(name: string): Promise<Report>;
  /** Changes labels and protection. @throws PRECONDITION_FAILED */
  update(name: string, change: MetadataChange): Promise<Tagged<Cluster>>;
  /**
   * Removes the record of a cluster, and keeps its machines.
   * @throws CLUSTER_BUSY | CLUSTER_PROTECTED
   */
  forget(name: string): Promise<ForgottenCluster>;
}

export interface ClusterServiceTools {
  unitOfWork: UnitOfWork;
  box: SecretBox;
  workspace: Workspace;
  targets: Targets;
  cursors: Cursors;
  clock: Clock;
  localNetworks: LocalNetworks;
}

const SUPERUSER = 'postgres';
const DATABASE = 'postgres';
const POSTGRES_PORT = 5432;
const LOOPBACK = '127.0.0.1';

export function createClusterService(tools: ClusterServiceTools): ClusterService {
  const { unitOfWork } = tools;
  const stores = unitOfWork.direct;
  const observeMachines = createMachineObserver(tools);
  const shared = new SharedReads(() => unitOfWork.snapshot());

  const find = async (name: string): Promise<ClusterRecord> => {
    const cluster = await stores.clusters.find(name);
    if (!cluster) throw clusterNotFound(name, await stores.clusters.names());
    return cluster;
  };

  const secret = (cluster: ClusterRecord, name: string) =>
    readSecret(stores, tools.box, cluster, name);

  const tagged = async (name: string): Promise<Tagged<Cluster>> => {
    const summary = await stores.clusters.findSummary(name);
    if (!summary) throw clusterNotFound(name, await stores.clusters.names());
    return { view: clusterDocument(summary, tools.clock.now()), tag: tagOf(summary.cluster) };
  };

  /** Facts become too old without a commit, so a shared document is at most a second old. */
  const second = () => Math.floor(tools.clock.now().getTime() / 1_000);

  return {
    async list(request, label) {
      const list = `clusters ${JSON.stringify(label ?? null)}`;
      const page = tools.cursors.open(request, list);
      return await shared.read(JSON.stringify([list, page, second()]), async () => {
        const found = await stores.clusters.list(page, label);
        const { entries, next_cursor } = tools.cursors.cut(
          found,
          page,
          list,
          ({ cluster }) => cluster.name,
        );
        const now = tools.clock.now();
        return { entries: entries.map((entry) => clusterDocument(entry, now)), next_cursor };
      });
    },
    get: (name) => shared.read(`cluster ${name} ${second()}`, () => tagged(name)),
    async nodes(name) {
      const summary = await stores.clusters.findSummary(name);
      if (!summary) throw clusterNotFound(name, await stores.clusters.names());
      const { cluster } = summary;
      const [report, machines, observation] = await Promise.all([
        stores.reports.latest(cluster.id),
        observeMachines(cluster),
        stores.observations.get(cluster.id),
      ]);
      return nodeDocuments({ summary, report, machines, observation }, tools.clock.now());
    },
    async connection(name) {
      const cluster = await find(name);
      const password = await secret(cluster, 'postgres-superuser-password');
      const certificate = await secret(cluster, 'ca-certificate');
      if (!cluster.nodes || !password || !certificate) {
        throw stepMissing('connection', 'execute-ansible-script', name);
      }
      const path = tools.workspace.path(name, 'ansible', 'pki', 'ca.crt');
      const observation = await stores.observations.get(cluster.id);
      return connectionDocument(cluster, {
        topology: topologyNow(cluster, observation, tools.clock.now()),
        password,
        certificate,
        certificatePath: path,
        localNetworks: tools.localNetworks,
      });
    },
    async latestReport(name) {
      const report = await stores.reports.latest((await find(name)).id);
      if (report) return report;
      throw new HathiError(
        'REPORT_NOT_FOUND',
        `Cluster ${name} has no report yet: it was never verified.`,
        { cluster: name, remedies: [runStep('verify-replication', name)] },
      );
    },
    async update(name, change) {
      await unitOfWork.transaction(async ({ clusters }) => {
        const cluster = await clusters.findForUpdate(name);
        if (!cluster) throw clusterNotFound(name, await clusters.names());
        await changeMetadata(clusters, cluster, change);
      });
      return await tagged(name);
    },
    async forget(name) {
      const known = await find(name);
      const target = targetOf(known, tools);
      const left = await target.resources(known).catch(() => null);
      await unitOfWork.transaction(async ({ clusters, operations, secrets }) => {
        const cluster = await clusters.findForUpdate(name);
        if (!cluster) throw clusterNotFound(name, await clusters.names());
        if (cluster.deletion_protection) throw clusterProtected(name);
        await operations.assertIdle(cluster.id);
        await secrets.deleteAll(cluster.id);
        await clusters.update(cluster.id, { destroyed_at: tools.clock.now().toISOString() });
      });
      // After the record: a name that is free again must not find the files of the old cluster.
      const workspace = await tools.workspace.setAside(name);
      return { cluster: name, forgotten: true, left, workspace };
    },
  };
}

interface ConnectionFacts {
  topology: Topology | null;
  password: string;
  certificate: string;
  certificatePath: string;
  localNetworks: LocalNetworks;
}

function connectionDocument(
  cluster: ClusterRecord,
  { topology, password, certificate, certificatePath, localNetworks }: ConnectionFacts,
): Connection {
  const credentials = {
    user: SUPERUSER,
    password,
    database: DATABASE,
    caPath: certificatePath,
  };
  const nodes = (cluster.nodes ?? [])
    .flatMap((node) => {
      const endpoint = endpointOf(node, localNetworks);
      if (endpoint === null) return [];
      return [
        {
          name: node.name,
          role: roleOf(topology, node.name),
          ...endpoint,
          private_host: node.address,
          private_port: POSTGRES_PORT,
          uri: libpqUri(`${endpoint.host}:${endpoint.port}`, credentials),
        },
      ];
    })
    // The sort is stable: the primary first, then by number.
    .sort((one, other) => Number(other.role === 'primary') - Number(one.role === 'primary'));
  const strings = connectionStrings(nodes, credentials);
  return {
    cluster: cluster.name,
    user: SUPERUSER,
    password,
    database: DATABASE,
    ca_certificate: certificate,
    ca_certificate_path: certificatePath,
    nodes,
    uri: strings.libpq.read_write,
    strings,
    observed_at: topology?.observed_at ?? null,
  };
}

/**
 * Where clients reach PostgreSQL; null for a witness. A port that Docker publishes accepts a
 * connection
 * also while PostgreSQL is stopped, and libpq then tries no other node. So the node's own address
 * is
 * used wherever this machine is in its network.
 */
function endpointOf(node: ClusterNode, localNetworks: LocalNetworks) {
  const { address, subnet, postgres_host: host, postgres_port: port } = node;
  if (host === null || port === null) return null;
  const isPublished = host === LOOPBACK && address !== LOOPBACK;
  if (isPublished && localNetworks.isOn(subnet)) return { host: address, port: POSTGRES_PORT };
  return { host, port };
}

function roleOf(topology: Topology | null, node: string): Role | null {
  return topology?.nodes.find(({ name }) => name === node)?.role ?? null;
}
