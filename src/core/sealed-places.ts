/** What a sealed record is bound to, so that it cannot be put in the place of another. */
export const statePlace = (clusterId: string): string => `state:${clusterId}`;
