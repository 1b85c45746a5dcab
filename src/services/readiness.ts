import type { Ansible } from '../ports/ansible.ts';
import type { NodeTarget } from '../ports/target.ts';
import type { Terraform } from '../ports/terraform.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import type { ReadinessCheck, ReadinessService } from './api.ts';

const GIBIBYTE = 2 ** 30;

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
        check('database', async () => {
          await tools.unitOfWork.direct.clusters.list({ limit: 1 });
          return 'answers';
        }),
        ...toolChecks(tools),
      ]),
  };
}

/** The programs alone, as a machine without a server can be asked for them, too. */
export function toolChecks(tools: Omit<ReadinessTools, 'unitOfWork'>): Promise<ReadinessCheck>[] {
  return [
    check('terraform', async () => {
      const { name, version, path } = await tools.terraform.engine();
      return `${name} ${version}, ${path}`;
    }),
    check('ansible', async () => {
      const { version, path } = await tools.ansible.engine();
      return `ansible-core ${version}, ${path}`;
    }),
    check('docker', async () => {
      const { memoryBytes } = await tools.target.nodeResources();
      return `answers, ${(memoryBytes / GIBIBYTE).toFixed(1)} GiB of memory`;
    }),
  ];
}

async function check(name: string, ask: () => Promise<string>): Promise<ReadinessCheck> {
  try {
    return { name, ready: true, message: await ask() };
  } catch (error) {
    return { name, ready: false, message: (error as Error).message };
  }
}
