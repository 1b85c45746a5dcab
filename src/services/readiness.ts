import type { Target } from '../core/cluster/cluster-spec.ts';
import type { Ansible } from '../ports/ansible.ts';
import type { NodeTargets } from '../ports/target.ts';
import type { Terraform } from '../ports/terraform.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import type { ReadinessCheck, ReadinessService } from './api.ts';

export interface ReadinessTools {
  unitOfWork: UnitOfWork;
  terraform: Terraform;
  ansible: Ansible;
  targets: NodeTargets;
  /** The one that is asked; the others are there for whoever names them. */
  defaultTarget: Target;
}

/** What makes the nodes of a target, as a person knows it. */
const PROGRAM_OF: Record<Target, string> = { local: 'docker', aws: 'aws' };

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
    check(PROGRAM_OF[tools.defaultTarget], () => tools.targets[tools.defaultTarget].describe()),
  ];
}

async function check(name: string, ask: () => Promise<string>): Promise<ReadinessCheck> {
  try {
    return { name, ready: true, message: await ask() };
  } catch (error) {
    return { name, ready: false, message: (error as Error).message };
  }
}
