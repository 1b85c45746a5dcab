import { regionProblem } from '../core/aws/region.ts';
import { HathiError, isHathiError } from '../core/errors.ts';
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
  /** Searched even if no cluster is there; null if the server has none. */
  defaultRegion: string | null;
  /** Regions of AWS that the server's configuration adds to the known ones. */
  awsRegions: readonly string[];
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

  /**
   * A region that fails, e.g. a mistyped or a disabled one, hides nothing of the others.
   * @throws CLOUD_UNAVAILABLE if no region could be listed
   */
  const lookIn = async (regions: readonly string[]) => {
    const looked: string[] = [];
    const failed: { region: string; problem: HathiError }[] = [];
    const found: CloudResource[] = [];
    await Promise.all(
      regions.map(async (region) => {
        try {
          const resources = await resourcesOf(region);
          looked.push(region);
          found.push(...resources);
        } catch (problem) {
          if (!isHathiError(problem)) throw problem;
          failed.push({ region, problem });
        }
      }),
    );
    const [first] = failed;
    if (looked.length === 0 && first) throw first.problem;
    const failures = failed
      .map(({ region, problem: { code, message } }) => ({ region, code, message }))
      .sort((a, b) => a.region.localeCompare(b.region));
    return { looked: looked.sort(), failures, found: onePerResource(found) };
  };

  const resourcesOf = async (region: string): Promise<CloudResource[]> => {
    const problem = regionProblem(region, tools.awsRegions);
    if (problem)
      throw new HathiError('INVALID_REQUEST', `region: ${problem.message}.`, {
        errors: [{ path: '/region', ...problem }],
      });
    return await tools.cloud.resources({ region });
  };

  return {
    async list(region) {
      const clusters = await clustersOnAws();
      const regions = new Set(
        region === undefined
          ? [...clusters.map(({ cluster }) => cluster.spec.aws?.region), tools.defaultRegion]
          : [region],
      );
      const names = [...regions].filter((one) => typeof one === 'string').sort();
      if (names.length === 0) return { regions: [], failures: [], orphans: [] };
      // Listed before the states are read, so that a resource that is made meanwhile is in a state.
      const { looked, failures, found } = await lookIn(names);
      const known = await knownIds(clusters);
      const busy = new Set(clusters.map(({ operation }) => operation?.id).filter(Boolean));
      const nodesKnown = new Set(
        found.filter(({ kind, id }) => kind === INSTANCE && known.has(id)).map(keyOfNode),
      );
      return {
        regions: looked,
        failures,
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

/** What is in no region, e.g. a role, is listed in each. */
function onePerResource(found: readonly CloudResource[]): CloudResource[] {
  const byKey = new Map<string, CloudResource>();
  const inOrder = [...found].sort((a, b) => a.region.localeCompare(b.region));
  for (const resource of inOrder) {
    const key = `${resource.type} ${resource.id}`;
    if (!byKey.has(key)) byKey.set(key, resource);
  }
  return [...byKey.values()];
}

function keyOfNode({ site, node }: CloudResource): string {
  return `${site} ${node}`;
}
