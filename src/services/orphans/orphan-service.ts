import { type HathiError, isHathiError } from '../../core/errors.ts';
import { invalidFields } from '../../core/field-errors.ts';
import type { AccountResource, Orphans } from '../../core/resources.ts';
import { statePlace } from '../../core/sealed-places.ts';
import type { SecretBox } from '../../ports/secrets.ts';
import type { ClusterSummary } from '../../ports/stores.ts';
import type { Target, TargetAccount, Targets } from '../../ports/target.ts';
import type { Terraform, TerraformState } from '../../ports/terraform.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import { isInState, ROOT_VOLUME } from '../../shared/orphans.ts';

export interface OrphanService {
  /**
   * Lists resources with the tags of Hathi that are in no state, except those of unfinished
   * operations.
   * @param region default: all regions with clusters, and the region of the server
   * @throws CLOUD_UNAVAILABLE if no region could be searched | INVALID_REQUEST for an unknown region
   */
  list(region: string | undefined): Promise<Orphans>;
}

export interface OrphanServiceTools {
  unitOfWork: UnitOfWork;
  box: SecretBox;
  targets: Targets;
  terraform: Pick<Terraform, 'readState'>;
}

type TargetWithAccount = Target & { account: TargetAccount };

const PAGE = 100;
const INSTANCE = 'instance';
const NOTHING: Orphans = { regions: [], failures: [], orphans: [] };

/** Resources with Hathi's labels in the accounts of the targets that are in no state. */
export function createOrphanService(tools: OrphanServiceTools): OrphanService {
  const { direct } = tools.unitOfWork;
  const targets = [...tools.targets.values()].filter(
    (target): target is TargetWithAccount => target.account !== null,
  );

  const clustersOn = async (target: Target): Promise<ClusterSummary[]> => {
    const all: ClusterSummary[] = [];
    for (let after: string | undefined; ; after = all.at(-1)?.cluster.name) {
      const page = await direct.clusters.list({ limit: PAGE, ...(after ? { after } : {}) });
      all.push(...page);
      if (page.length < PAGE) {
        return all.filter(({ cluster }) => cluster.spec.target === target.name);
      }
    }
  };

  /** By cluster, because some kinds of resources have the same address in each cluster. */
  const statesOf = async (clusters: readonly ClusterSummary[]) => {
    const states = new Map<string, TerraformState>();
    for (const { cluster } of clusters) {
      const stored = await direct.states.latest(cluster.id);
      if (!stored) continue;
      const bytes = tools.box.open(stored.sealed, statePlace(cluster.id));
      const state = tools.terraform.readState(bytes);
      if (state) states.set(keyOf(cluster.site, cluster.name), state);
    }
    return states;
  };

  const listOn = async (
    target: TargetWithAccount,
    region: string | undefined,
  ): Promise<Orphans> => {
    const { account } = target;
    const clusters = await clustersOn(target);
    const regions = new Set(
      region === undefined
        ? [...clusters.map(({ cluster }) => account.regionOf(cluster.spec)), account.defaultRegion]
        : [region],
    );
    const names = [...regions].filter((one) => one !== null).sort();
    if (names.length === 0) return NOTHING;
    // Listed before the states are read, so that a resource that is created meanwhile is in a
    // state.
    const { searched, failures, found } = await search(account, names);
    const states = await statesOf(clusters);
    const busy = new Set(clusters.map(({ operation }) => operation?.id).filter(Boolean));
    const known = found.filter((one) =>
      isInState(target, states.get(keyOf(one.site, one.cluster)) ?? null, one),
    );
    const isKnown = new Set(known);
    const nodesKnown = new Set(
      known.filter(({ kind }) => kind === INSTANCE).map(({ site, node }) => keyOf(site, node)),
    );
    return {
      regions: searched,
      failures,
      orphans: found.filter(
        (one) =>
          !isKnown.has(one) &&
          !busy.has(one.operation_id ?? undefined) &&
          !(one.kind === ROOT_VOLUME && nodesKnown.has(keyOf(one.site, one.node))),
      ),
    };
  };

  return {
    async list(region) {
      const views = await Promise.all(targets.map((target) => listOn(target, region)));
      return {
        regions: views.flatMap(({ regions }) => regions),
        failures: views.flatMap(({ failures }) => failures),
        orphans: views.flatMap(({ orphans }) => orphans),
      };
    },
  };
}

/**
 * A failing region, e.g. a disabled one, does not hide the resources of the others.
 * @throws CLOUD_UNAVAILABLE if no region could be searched
 */
async function search(account: TargetAccount, regions: readonly string[]) {
  const searched: string[] = [];
  const failed: { region: string; problem: HathiError }[] = [];
  const found: AccountResource[] = [];
  await Promise.all(
    regions.map(async (region) => {
      try {
        const error = account.regionError(region);
        if (error) throw invalidFields([error]);
        const resources = await account.resources(region);
        searched.push(region);
        found.push(...resources);
      } catch (problem) {
        if (!isHathiError(problem)) throw problem;
        failed.push({ region, problem });
      }
    }),
  );
  const [first] = failed;
  if (searched.length === 0 && first) throw first.problem;
  const failures = failed
    .map(({ region, problem: { code, message } }) => ({ region, code, message }))
    .sort((a, b) => a.region.localeCompare(b.region));
  return { searched: searched.sort(), failures, found: onePerResource(found) };
}

/** A resource without a region, e.g. a role, is listed in each. */
function onePerResource(found: readonly AccountResource[]): AccountResource[] {
  const byKey = new Map<string, AccountResource>();
  const inOrder = [...found].sort((a, b) => a.region.localeCompare(b.region));
  for (const resource of inOrder) {
    const key = `${resource.type} ${resource.id}`;
    if (!byKey.has(key)) byKey.set(key, resource);
  }
  return [...byKey.values()];
}

/** @param name of a cluster or node */
function keyOf(site: string | null, name: string | null): string {
  return `${site} ${name}`;
}
