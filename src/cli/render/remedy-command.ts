import type { Remedy } from '@hathi/client';

export type { Remedy };

/** The command that carries out a remedy, with the words before it. */
export function commandOf(remedy: Remedy): string {
  const {
    action,
    cluster = '',
    operation = '',
    step = '',
    node = '',
    command = '',
    body = {},
  } = remedy;
  switch (action) {
    case 'create-cluster':
      return `Create it: hathi cluster create ${cluster}`;
    case 'list-clusters':
      return 'List the clusters: hathi cluster list';
    case 'disable-protection':
      return `Disable the protection: hathi cluster update ${cluster} --no-protect`;
    case 'forget-cluster':
      return `Use the name again: hathi cluster forget ${cluster}`;
    case 'list-operations':
      return 'List the operations: hathi operation list';
    case 'watch-operation':
      return `Watch it: hathi operation watch ${operation}`;
    case 'approve-operation':
      return `Approve it: hathi operation approve ${operation}`;
    case 'cancel-operation':
      return `Cancel it: hathi operation cancel ${operation}`;
    case 'retry-operation':
      return `Retry it: hathi operation retry ${operation}`;
    case 'run-step':
      return `Next: ${stepCommand(step, { cluster, ...body })}`;
    case 'show-cluster':
      return `See the nodes: hathi cluster show ${cluster}`;
    case 'run-on-node':
      return `On ${node}, as root: ${command}`;
  }
}

export function stepCommand(step: string, body: Record<string, unknown>): string {
  const json = JSON.stringify(body).replaceAll("'", String.raw`'\''`);
  return `hathi api POST /${step} '${json}'`;
}
