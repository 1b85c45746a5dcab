import { expect, it } from 'vitest';
import type { ClusterSummary } from '../../ports/stores.ts';
import { targetsByName } from '../../shared/targets.ts';
import { createAwsTarget } from '../../targets/aws/aws-target.ts';
import { nextSpec } from './cluster-requests.ts';
import { assertOwnState } from './state-bucket.ts';

const aws = createAwsTarget({} as never, { env: {}, defaults: { settings: {}, regions: [] } });
const targets = targetsByName(aws);
const defaults = { defaultTarget: 'aws', targets };
const specOf = (bucket: string, key: string) =>
  nextSpec(
    'orders',
    null,
    {
      aws: {
        region: 'eu-central-1',
        state_bucket: { bucket, key, region: 'eu-central-1' },
      },
    },
    defaults,
  );

it('refuses a state that another cluster has, on whichever page it is listed', async () => {
  const others = Array.from({ length: 150 }, (_, at) => ({
    cluster: { name: `c-${String(at).padStart(3, '0')}`, spec: specOf('states', `${at}.tfstate`) },
  })) as unknown as ClusterSummary[];
  const clusters = {
    list: async ({ limit, after }: { limit: number; after?: string }) =>
      others.filter(({ cluster }) => cluster.name > (after ?? '')).slice(0, limit),
  };
  await expect(
    assertOwnState(clusters, targets, specOf('states', '149.tfstate')),
  ).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    message: expect.stringContaining('149.tfstate holds the state of cluster c-149'),
    details: { errors: [{ path: '/aws/state_bucket/key' }] },
  });
  await assertOwnState(clusters, targets, specOf('states', '150.tfstate'));
  await assertOwnState(clusters, targets, specOf('others', '149.tfstate'));
});
