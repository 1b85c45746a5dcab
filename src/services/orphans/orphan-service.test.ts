import { describe, expect, it } from 'vitest';
import { HathiError } from '../../core/errors.ts';
import type { AccountResource } from '../../core/resources.ts';
import { targetsByName } from '../../shared/targets.ts';
import type { Cloud } from '../../targets/aws/account/cloud.ts';
import { createAwsTarget } from '../../targets/aws/aws-target.ts';
import { createOrphanService, type OrphanServiceTools } from './orphan-service.ts';

const resource = (region: string, type: string, id: string): AccountResource => ({
  ...{ kind: type, type, id, name: null, region, site: 'abc123', cluster: 'gone' },
  ...{ node: null, operation_id: null, remove: `remove ${id}` },
});

/** A service with one cluster in each region, named like it. All of them have the same state. */
function serviceIn(
  regions: string[],
  account: Record<string, AccountResource[] | HathiError>,
  state: { ids: string[]; addresses: string[] } | null = null,
) {
  const asked: string[] = [];
  const clusters = regions.map((region) => ({
    cluster: { id: region, name: region, site: 'abc123', spec: { target: 'aws', aws: { region } } },
    operation: null,
  }));
  const cloud: Pick<Cloud, 'resources'> = {
    resources: async ({ region }) => {
      asked.push(region);
      const answer = account[region] ?? new HathiError('CLOUD_UNAVAILABLE', `${region} is off`);
      if (answer instanceof HathiError) throw answer;
      return answer;
    },
  };
  const aws = createAwsTarget(cloud as Cloud, {
    env: {},
    defaults: { settings: { region: 'eu-centrall-1' }, regions: [] },
  });
  const tools = {
    unitOfWork: {
      direct: {
        clusters: { list: async () => clusters },
        states: { latest: async () => state && { sealed: '' } },
      },
    },
    box: { open: () => '' },
    terraform: { readState: () => state },
    targets: targetsByName(aws),
  } as unknown as OrphanServiceTools;
  return { asked, service: createOrphanService(tools) };
}

const role = (region: string) => resource(region, 'role', 'hathi-abc123-gone');

describe('the orphans of several regions', () => {
  it('are all listed although other regions fail', async () => {
    const { asked, service } = serviceIn(['us-east-1', 'ap-east-1', 'eu-west-1'], {
      'us-east-1': [resource('us-east-1', 'instance', 'i-1'), role('us-east-1')],
      'eu-west-1': [resource('eu-west-1', 'volume', 'vol-1'), role('eu-west-1')],
    });
    const found = await service.list(undefined);
    expect(found.regions).toEqual(['eu-west-1', 'us-east-1']);
    expect(found.orphans.map(({ id }) => id)).toEqual(['vol-1', 'hathi-abc123-gone', 'i-1']);
    expect(found.failures).toEqual([
      { region: 'ap-east-1', code: 'CLOUD_UNAVAILABLE', message: 'ap-east-1 is off' },
      {
        region: 'eu-centrall-1',
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('did you mean eu-central-1?'),
      },
    ]);
    // No request goes to a host that does not exist.
    expect(asked.sort()).toEqual(['ap-east-1', 'eu-west-1', 'us-east-1']);
  });

  it('are an error if no region can be searched', async () => {
    const { service } = serviceIn([], {});
    await expect(service.list('ap-east-1')).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE' });
    await expect(service.list('us-east1')).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { errors: [{ path: '/region', suggestion: 'us-east-1' }] },
    });
  });

  it('contain the leftover of a cluster whose kind is also in the state of another one', async () => {
    // Neither has an id of its own, so the address alone identifies it in the state of its cluster.
    const addresses = ['module.cluster.aws_key_pair.cluster[0]'];
    const account = {
      'eu-west-1': ['eu-west-1', 'gone'].map((cluster) => ({
        ...resource('eu-west-1', 'key-pair', `hathi-abc123-${cluster}`),
        cluster,
      })),
    };
    const { service } = serviceIn(['eu-west-1'], account, { ids: [], addresses });
    const { orphans } = await service.list('eu-west-1');
    expect(orphans.map(({ id }) => id)).toEqual(['hathi-abc123-gone']);
  });
});
