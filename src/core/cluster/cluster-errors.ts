import { HathiError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import type { Remedy } from '../remedy.ts';

/** @param remedies of a cluster that was never created: to continue, or to use the name again */
export function clusterExists(name: string, remedies: readonly Remedy[] = []): HathiError {
  const why = remedies.length === 0 ? '' : ' Its nodes were not created.';
  return new HathiError('CLUSTER_EXISTS', `Cluster ${name} already exists.${why}`, {
    cluster: name,
    remedies,
  });
}

/** @param names of the existing clusters; a similar name is suggested */
export function clusterNotFound(name: string, names: readonly string[]): HathiError {
  const suggestion = nearestName(name, names);
  const meant = suggestion === null ? '' : ` Did you mean ${suggestion}?`;
  const remedies: Remedy[] = [
    { action: 'list-clusters' },
    { action: 'create-cluster', cluster: name },
  ];
  return new HathiError('CLUSTER_NOT_FOUND', `Cluster ${name} does not exist.${meant}`, {
    cluster: name,
    ...(suggestion === null ? {} : { suggestion }),
    remedies,
  });
}

export function clusterProtected(name: string): HathiError {
  const remedies: Remedy[] = [{ action: 'disable-protection', cluster: name }];
  const message = `Cluster ${name} has deletion protection, so it is neither destroyed nor forgotten.`;
  return new HathiError('CLUSTER_PROTECTED', message, { cluster: name, remedies });
}
