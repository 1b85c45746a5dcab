import { nearestName } from '../../../core/nearest-name.ts';
import regions from './regions.json' with { type: 'json' };

/** Format of AWS region names: `eu-central-1`, `us-gov-west-1`, `eusc-de-east-1`. */
export const REGION_PATTERN = /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/;

/** Server setting that adds regions newer than {@link KNOWN_REGIONS}. */
export const FURTHER_REGIONS_SETTING = 'HATHI_AWS_REGIONS';

/** The regions of all partitions. The JSON file in this folder contains their source and date. */
export const KNOWN_REGIONS: readonly string[] = Object.values(regions.partitions).flat();

export interface RegionProblem {
  message: string;
  expected: string;
  /** Most similar known region. */
  suggestion?: string;
}

/**
 * Checks a region early. A region that does not exist fails late and looks like a network fault,
 * because the host name of its API does not resolve.
 * @param further regions that the server's configuration adds to the known ones
 * @returns null if the region is known
 */
export function regionProblem(region: string, further: readonly string[]): RegionProblem | null {
  const all = [...KNOWN_REGIONS, ...further];
  if (all.includes(region)) return null;
  const nearest = nearestName(region, all);
  return {
    message: `must be a region of AWS, not ${JSON.stringify(region)}; ${
      nearest === null ? 'if' : `did you mean ${nearest}? If`
    } it is a new region, name it in ${FURTHER_REGIONS_SETTING} of the server`,
    expected: nearest ?? 'a region, e.g. eu-central-1',
    ...(nearest === null ? {} : { suggestion: nearest }),
  };
}
