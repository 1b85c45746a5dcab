import type { Ansible } from '../ports/ansible.ts';
import type { NodeTarget } from '../ports/target.ts';
import type { Terraform } from '../ports/terraform.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import type { ReadinessCheck, ReadinessService } from './api.ts';

export interface ReadinessTools {
  unitOfWork: UnitOfWork;
  terraform: Terraform;
  ansible: Ansible;
  target: NodeTarget;
}

/** Asks each thing that the server needs, all at once. */
export function createReadinessService(tools: ReadinessTools): ReadinessService {
  return {
    checks: async () =>
      await Promise.all([
        check('database', () => tools.unitOfWork.direct.clusters.list()),
        check('terraform', () => tools.terraform.engine()),
        check('ansible', () => tools.ansible.engine()),
        check('docker', () => tools.target.nodeResources()),
      ]),
  };
}

async function check(name: string, ask: () => Promise<unknown>): Promise<ReadinessCheck> {
  try {
    await ask();
    return { name, ready: true, message: '' };
  } catch (error) {
    return { name, ready: false, message: (error as Error).message };
  }
}
