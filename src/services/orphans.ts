import { statePlace } from '../core/sealed-places.ts';
import type { Cloud, CloudResource } from '../ports/cloud.ts';
import type { SecretBox } from '../ports/secrets.ts';
import type { ClusterSummary } from '../ports/stores.ts';
import type { Terraform } from '../ports/terraform.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import type { OrphanService } from './api.ts';

export interface OrphanServiceTools {
  unitOfWork: UnitOfWork;
  box: SecretBox;
  cloud: Cloud;
  terraform: Pick<Terraform, 'readState'>;
  /** Looked at even while no cluster is there; null where the server has none. */
  defaultRegion: string | null;
}

const PAGE = 100;
const INSTANCE = 'instance';
/** Made with its instance, and in no state by itself. */
const ROOT_VOLUME = 'root-volume';

/** What carries Hathi's tags in the account and no state knows. */
export function createOrphanService(tools: OrphanServiceTools): OrphanService {
  const { direct } = tools.unitOfWork;

  const clustersOnAws = async (): Promise<ClusterSummary[]> => {
    const all: ClusterSummary[] = [];
    for (let after: string | undefined; ; after = all.at(-1)?.cluster.name) {
      const page = await direct.clusters.list({ limit: PAGE, ...(after ? { after } : {}) });
      all.push(...page);
      if (page.length < PAGE) return all.filter(({ cluster }) => cluster.spec.target === 'aws');
    }
  };

  const knownIds = async (clusters: readonly ClusterSummary[]): Promise<Set<string>> => {
    const known = new Set<string>();
    for (const { cluster } of clusters) {
      const stored = await direct.states.latest(cluster.id);
      if (!stored) continue;
      const state = tools.terraform.readState(
        tools.box.open(stored.sealed, statePlace(cluster.id)),
      );
      for (const id of state?.ids ?? []) known.add(id);
    }
    return known;
  };

  return {
    async list(region) {
      const clusters = await clustersOnAws();
      const regions = new Set(
        region === undefined
          ? [...clusters.map(({ cluster }) => cluster.spec.aws?.region), tools.defaultRegion]
          : [region],
      );
      const looked = [...regions].filter((one) => typeof one === 'string').sort();
      if (looked.length === 0) return { regions: [], orphans: [] };
      // Asked before the states, so that what is made meanwhile is in one when it is in the other.
      const found: CloudResource[] = [];
      for (const one of looked) {
        for (const resource of await tools.cloud.resources({ region: one })) {
          // What is in no region is told in each.
          const isSame = ({ type, id }: CloudResource) =>
            type === resource.type && id === resource.id;
          if (!found.some(isSame)) found.push(resource);
        }
      }
      const known = await knownIds(clusters);
      const busy = new Set(clusters.map(({ operation }) => operation?.id).filter(Boolean));
      const nodesKnown = new Set(
        found.filter(({ kind, id }) => kind === INSTANCE && known.has(id)).map(keyOfNode),
      );
      return {
        regions: looked,
        orphans: found.filter(
          (one) =>
            !known.has(one.id) &&
            !busy.has(one.operation_id ?? undefined) &&
            !(one.kind === ROOT_VOLUME && nodesKnown.has(keyOfNode(one))),
        ),
      };
    },
  };
}

function keyOfNode({ site, node }: CloudResource): string {
  return `${site} ${node}`;
}
