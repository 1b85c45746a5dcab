import type { Ansible } from '../../ports/ansible.ts';
import type { Target } from '../../ports/target.ts';
import type { Terraform } from '../../ports/terraform.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';

/** One thing that the server needs in order to work, and whether it is there. */
export interface ReadinessCheck {
  name: string;
  ready: boolean;
  /** The version that was found, or the problem and its remedy. */
  message: string;
}

export interface ReadinessService {
  /** Never throws. The server is ready when every check is. */
  checks(): Promise<ReadinessCheck[]>;
}

export interface ReadinessTools {
  unitOfWork: UnitOfWork;
  terraform: Terraform;
  ansible: Ansible;
  /** Default target of new clusters. Only this target is checked. */
  target: Pick<Target, 'requirement' | 'describe'>;
}

/** Results are shared for this time, because a check starts programs and needs no token. */
const RESULT_MILLISECONDS = 1_000;

/** Runs all checks in parallel, at most once in RESULT_MILLISECONDS. */
export function createReadinessService(tools: ReadinessTools): ReadinessService {
  const checkAll = () =>
    Promise.all([
      check('database', async () => {
        await tools.unitOfWork.direct.clusters.list({ limit: 1 });
        return 'answers';
      }),
      ...toolChecks(tools),
    ]);
  let latest: { result: Promise<ReadinessCheck[]>; endedAt: number | null } | null = null;
  return {
    async checks() {
      const isFresh =
        latest !== null &&
        (latest.endedAt === null || performance.now() - latest.endedAt < RESULT_MILLISECONDS);
      if (latest === null || !isFresh) {
        // `check` never throws, so the result never rejects.
        const started = { result: checkAll(), endedAt: null as number | null };
        latest = started;
        void started.result.then(() => {
          started.endedAt = performance.now();
        });
      }
      return await latest.result;
    },
  };
}

/** Only the programs: `hathi doctor` checks them without a server. */
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
    check(tools.target.requirement, () => tools.target.describe()),
  ];
}

async function check(name: string, probe: () => Promise<string>): Promise<ReadinessCheck> {
  try {
    return { name, ready: true, message: await probe() };
  } catch (error) {
    return { name, ready: false, message: (error as Error).message };
  }
}
