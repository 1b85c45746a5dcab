/**
 * The place that a sealed record is bound to: a record that is moved to another place cannot be
 * opened.
 */
export const statePlace = (clusterId: string): string => `state:${clusterId}`;
export const planPlace = (planId: string): string => `plan:${planId}`;
export const webhookPlace = (webhookId: string): string => `webhook:${webhookId}`;
export const secretPlace = (clusterId: string, name: string): string =>
  `secret:${clusterId}:${name}`;
