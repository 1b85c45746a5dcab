import { versionLine } from '../adapters/process/find-program.ts';
import type { Config } from '../config.ts';
import { type ReadinessCheck, toolChecks } from '../services/server/readiness-service.ts';
import { targetOf } from '../shared/targets.ts';
import { findSessionTool, SESSION_TOOLS } from '../targets/aws/preflight/session-tools.ts';
import { createMachineTools } from './tools.ts';

export interface MachineCheck extends ReadinessCheck {
  /** Whether the server cannot work without it. */
  required: boolean;
}

/** Checks every program that Hathi uses on this machine; no server needs to run. Never throws. */
export async function inspectMachine(config: Config): Promise<MachineCheck[]> {
  const env = config.toolEnvironment;
  const check = async (
    name: string,
    required: boolean,
    find: () => Promise<string>,
  ): Promise<MachineCheck> =>
    await find().then(
      (message) => ({ name, required, ready: true, message }),
      (error: Error) => ({ name, required, ready: false, message: error.message }),
    );
  const tools = createMachineTools(config);
  const checks = await Promise.all(
    toolChecks({ ...tools, target: targetOf({ spec: config }, tools) }),
  );
  const node = `${process.version}, ${process.execPath}`;
  return [
    { name: 'node', required: true, ready: true, message: node },
    ...checks.map((one) => ({ ...one, required: true })),
    await check('ssh', true, () => versionLine('ssh', ['-V'], env)),
    await check('psql', false, () => versionLine('psql', ['--version'], env)),
    ...(await Promise.all(
      SESSION_TOOLS.map((tool) =>
        // The check of the target AWS already has the name `aws`.
        check(tool.program === 'aws' ? 'aws-cli' : tool.program, false, () =>
          findSessionTool(tool, env).catch((error: Error) => {
            throw new Error(`only for AWS with connection ssm: ${error.message}`);
          }),
        ),
      ),
    )),
    { name: 'data', required: false, ready: true, message: config.dataDirectory },
  ];
}
