import {
  newStage,
  planSummary,
  type StageProgress,
  takeEvent,
} from '../../src/cli/render/progress-model.ts';
import { createView, type ProgressView } from '../../src/cli/render/progress-view.ts';
import { reportText } from '../../src/cli/render/report-text.ts';
import { indent } from '../../src/cli/render/table.ts';
import { mannerOf, type Style } from '../../src/cli/terminal/terminal.ts';
import type { Connection } from '../../src/core/cluster/connection.ts';
import type { OperationRecord } from '../../src/core/operation/operation.ts';
import type { ReplicationReport } from '../../src/core/postgres/replication-report.ts';
import { type Api, ApiProblem } from './api.ts';
import { connectionLines } from './result.ts';
import { type DemoNote, ensureServer, paths, readNote, whereLogsAre } from './server.ts';

/** The five steps as the README types them, then the proof. */
const STEPS: { name: string; body: object }[] = [
  { name: 'generate-terraform', body: { instance_type: 't2.medium', replica_count: 2 } },
  { name: 'plan-terraform', body: {} },
  { name: 'apply-terraform', body: {} },
  { name: 'create-ansible-script', body: { max_connections: 200, shared_buffers: '128MB' } },
  { name: 'execute-ansible-script', body: {} },
  { name: 'verify-replication', body: {} },
];

/** A step that failed, with what its operation knows of it. */
class StepFailed extends Error {
  readonly operation: OperationRecord;

  constructor(operation: OperationRecord) {
    super(operation.error?.message ?? `The operation ${operation.state}.`);
    this.operation = operation;
  }
}

async function main(): Promise<void> {
  const began = Date.now();
  console.log('\n  Hathi: a primary and two replicas on this machine\n');
  const { api, note, started } = await ensureServer();
  const where = started ? 'started' : 'was running';
  const log = note.server ? ` (log: ${paths.log})` : '';
  console.log(`  The server ${where} at ${api.base}${log}\n`);
  const steps = STEPS.map(({ name }) => newStage(name));
  const manner = mannerOf(process.stdout, process.env);
  const view = createView(steps, process.stdout, manner);
  let report: ReplicationReport | null = null;
  try {
    for (const [index, step] of steps.entries()) {
      const body = { ...STEPS[index]?.body, ...(note.server ? {} : { cluster: note.cluster }) };
      const outcome = await runStep(api, step, body, view);
      if (step.name === 'verify-replication') report = outcome as unknown as ReplicationReport;
    }
  } finally {
    view.end();
  }
  const seconds = (Date.now() - began) / 1000;
  if (report) await printResult(api, note, report, seconds, manner.style);
}

/** Runs one step and follows it to its end. @throws ApiProblem | StepFailed */
async function runStep(
  api: Api,
  step: StageProgress,
  body: object,
  view: ProgressView,
): Promise<Record<string, unknown>> {
  step.state = 'running';
  step.startedAt = Date.now();
  view.changed(step, null);
  try {
    const { id } = await api.startStep(step.name, body);
    for await (const event of api.events(id)) {
      // The request itself prints its beginning and its end, with the result.
      if (!event.type.startsWith('stage.')) view.changed(step, takeEvent(step, event));
    }
    const operation = await api.get<OperationRecord>(`/api/v1/operations/${id}`);
    if (operation.state !== 'succeeded') throw new StepFailed(operation);
    const outcome = operation.stages[0]?.outcome ?? {};
    step.summary = summaryOf(step.name, outcome);
    step.state = 'done';
    return outcome;
  } catch (error) {
    step.state = 'failed';
    throw error;
  } finally {
    step.seconds = (Date.now() - step.startedAt) / 1000;
    view.changed(step, null);
  }
}

type Outcome = Record<string, never> & {
  files?: unknown[];
  summary?: { add: number; change: number; replace: number; destroy: number; empty: boolean };
  nodes?: unknown[];
  recap?: Record<string, unknown>;
  changed?: number;
};

function summaryOf(step: string, outcome: Record<string, unknown>): string {
  const { files, summary, nodes, recap, changed } = outcome as Outcome;
  switch (step) {
    case 'generate-terraform':
    case 'create-ansible-script':
      return `${files?.length ?? 0} files`;
    case 'plan-terraform':
      return planSummary(summary);
    case 'apply-terraform':
      return `${nodes?.length ?? 0} nodes`;
    case 'execute-ansible-script':
      return `${Object.keys(recap ?? {}).length} nodes, ${changed ?? 0} changes`;
    default:
      return 'a row written on the primary was read on every replica';
  }
}

async function printResult(
  api: Api,
  note: DemoNote,
  report: ReplicationReport,
  seconds: number,
  style: Style,
): Promise<void> {
  const connection = await api.get<Connection>(`/api/v1/clusters/${note.cluster}/connection`);
  const certificate = connection.ca_certificate_path ?? 'ca.crt';
  const lines = connectionLines(connection, certificate);
  const primary = connection.nodes.find(({ role }) => role === 'primary')?.name ?? 'the primary';
  const named = note.server ? '' : `"cluster": "${note.cluster}"`;
  console.log(`
  ${style('bold', `Replication is proven, ${seconds.toFixed(1)} s after you asked.`)}

${indent(reportText(report, { style, columns: null }))}

  ${style('bold', 'Connect')} (the password is in a file that psql reads):

  export PGPASSFILE=${paths.passwords}
${lines.join('\n')}

  CA certificate  ${certificate}
  API             ${api.base}   (documentation: ${api.base}/docs)

  ${style('bold', 'Try next')}

  Write on ${primary}, then read on a replica, with the lines above.
  curl -X POST ${api.base}/verify-replication -H 'Content-Type: application/json' -d '{${named}}'
  Stop a node (docker ps shows them) and verify again; docs/tutorial/first-cluster.md goes on.
  ${style('bold', `${urlPart(api.base)}./hathi --help`)}      does all of this as commands
  ${urlPart(api.base)}./hathi cluster create orders --replicas 1      makes a second cluster
  make demo-down      removes everything again
`);
}

/** Said only where the command would look elsewhere by itself. */
function urlPart(base: string): string {
  return base === 'http://localhost:5000' ? '' : `HATHI_URL=${base} `;
}

function printFailure(error: unknown): void {
  if (error instanceof ApiProblem) {
    const more = error.operation ? `\n  OperationRecord ${error.operation}` : '';
    console.error(
      `\n  ${error.title}\n  ${error.message}${more}\n  Log of the server: ${paths.log}`,
    );
  } else if (error instanceof StepFailed) {
    const { id, error: cause } = error.operation;
    const output = readNote()?.server ? `; its output lies in ${paths.data}/operations/${id}` : '';
    console.error(
      `\n  ${cause?.code ?? error.operation.state}\n  ${error.message}\n  OperationRecord ${id}${output}\n  ${whereLogsAre()}`,
    );
  } else {
    console.error(`\n  ${error instanceof Error ? error.message : String(error)}`);
  }
}

main().catch((error: unknown) => {
  printFailure(error);
  process.exit(1);
});
