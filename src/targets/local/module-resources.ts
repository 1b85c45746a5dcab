import type { ModuleResources } from '../../core/terraform/addresses.ts';

/** Resources of `terraform/modules/local`. They are `terraform_data` without a Docker id. */
export const LOCAL_RESOURCES: ModuleResources = {
  ofNode: { node: 'terraform_data.node' },
  ofCluster: { network: 'terraform_data.network' },
  parts: { 'terraform_data.node': 'container' },
  withoutId: 'all',
};
