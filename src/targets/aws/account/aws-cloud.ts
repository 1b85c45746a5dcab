import type { RemovalPace } from '../resources/remove-resources.ts';
import type { Cloud } from './cloud.ts';

const PACE: RemovalPace = { pollMilliseconds: 2_000, patienceSeconds: 300 };

/**
 * An AWS account. The SDK is loaded at the first request: most servers never send one, and loading
 * takes as long as the rest of the start.
 */
export function createAwsCloud(pace: RemovalPace = PACE): Cloud {
  let loading: Promise<Cloud> | undefined;
  const account = () => {
    loading ??= import('./aws-account.ts').then(({ createAwsAccount }) => createAwsAccount(pace));
    return loading;
  };
  return {
    preflight: async (input) => (await account()).preflight(input),
    resources: async (filter) => (await account()).resources(filter),
    nodes: async (region, site, cluster) => (await account()).nodes(region, site, cluster),
    isDown: async (region, id) => (await account()).isDown(region, id),
    start: async (region, ids) => (await account()).start(region, ids),
    remove: async (resources) => (await account()).remove(resources),
    sizeOf: async (region, instanceType) => (await account()).sizeOf(region, instanceType),
  };
}
