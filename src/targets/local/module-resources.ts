import type { ModuleResources } from '../../core/terraform/addresses.ts';

/** Of `terraform/modules/local`, whose resources are `terraform_data` without an id of Docker's. */
export const LOCAL_RESOURCES: ModuleResources = {
  ofNode: { node: 'terraform_data.node' },
  ofCluster: { network: 'terraform_data.network' },
  parts: { 'terraform_data.node': 'container' },
  withoutId: 'all',
};
