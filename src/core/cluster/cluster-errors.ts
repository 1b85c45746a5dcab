import { HathiError } from '../errors.ts';

export function clusterExists(name: string): HathiError {
  return new HathiError('CLUSTER_EXISTS', `There is a cluster named ${name} already.`, {
    cluster: name,
  });
}
