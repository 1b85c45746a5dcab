import type { ClusterNode } from '../../core/cluster/topology.ts';
import { HathiError, isHathiError } from '../../core/errors.ts';
import { BASTION } from '../../core/node/ssh-config.ts';
import type { Clock } from '../../ports/clock.ts';
import type { NodeBoot, NodeBootRequest } from '../../ports/node-boot.ts';
import { type CommandResult, runCommand } from '../process/run-command.ts';

export interface NodeBootOptions {
  /** PATH, HOME and the variables for `aws ssm`. No other variables are passed on. */
  env: Record<string, string>;
  clock: Pick<Clock, 'now' | 'sleep'>;
  /** Timeout from the start of a node until SSH is open, and again until the end of its boot. */
  readySeconds: number;
}

const CONNECT_SECONDS = 10;
const PAUSE_MILLISECONDS = 2_000;
/** ssh's own exit code, for every failure before the command ran. */
const SSH_FAILED = 255;
const LAST_WORDS_CHARACTERS = 1_000;

/**
 * Exit codes: 0 done, 2 done with recoverable errors, 1 failed. An image without cloud-init is
 * already set up.
 */
const BOOTED =
  'command -v cloud-init >/dev/null 2>&1 || exit 0; cloud-init status --wait --long; exit $?';
const FAILED = 1;

/** Waits for nodes with the OpenSSH client, as an administrator would. */
export function createNodeBoot({ env, clock, readySeconds }: NodeBootOptions): NodeBoot {
  const ask = (request: NodeBootRequest, node: ClusterNode, command: string, seconds: number) =>
    runCommand(
      'ssh',
      [
        ...['-F', request.sshConfig, '-o', `ConnectTimeout=${CONNECT_SECONDS}`],
        ...[node.name, command],
      ],
      { env, timeoutSeconds: seconds, signal: request.signal },
    ).catch((error: unknown): CommandResult => {
      if (!isHathiError(error, 'DEADLINE_EXCEEDED')) throw error;
      return { exitCode: SSH_FAILED, stdout: '', stderr: `no response within ${seconds} s` };
    });

  const waitFor = async (request: NodeBootRequest, node: ClusterNode): Promise<void> => {
    const deadline = clock.now().getTime() + readySeconds * 1_000;
    for (;;) {
      const { exitCode, stderr } = await ask(request, node, 'true', CONNECT_SECONDS * 3);
      if (exitCode !== SSH_FAILED) break;
      refusal(request.target, node, stderr);
      if (clock.now().getTime() >= deadline)
        throw unreachable(request.target, node, readySeconds, stderr);
      await clock.sleep(PAUSE_MILLISECONDS, request.signal);
    }
    const booted = await ask(request, node, BOOTED, readySeconds);
    if (booted.exitCode === SSH_FAILED)
      throw unreachable(request.target, node, readySeconds, booted.stderr);
    if (booted.exitCode === FAILED) throw setupFailed(node, booted.stdout);
    await request.onReady(node.name);
  };

  return {
    async waitUntilReady(request) {
      const results = await Promise.allSettled(request.nodes.map((node) => waitFor(request, node)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}

/** @throws NODE_REFUSED if a retry cannot succeed */
function refusal(target: string, node: ClusterNode, stderr: string): void {
  const refused = (reason: 'key' | 'host-key', by: 'node' | 'bastion', message: string): never => {
    const details = { node: node.name, host: node.ssh_host, reason, by };
    throw new HathiError('NODE_REFUSED', message, details);
  };
  // For a refused key, the message of ssh contains the host. For a different host key, it contains
  // the alias.
  const denied = /(?:@([^\s@]+): )?Permission denied|Too many authentication failures/i.exec(
    stderr,
  );
  if (denied?.[1] !== undefined && denied[1] !== node.ssh_host) {
    refused(
      'key',
      'bastion',
      `The bastion ${denied[1]} on the way to ${node.name} refuses the SSH key. Give the private key that fits in ${target}.bastion.private_key_file, or the user that has it in ${target}.bastion.user.`,
    );
  }
  if (denied) {
    refused(
      'key',
      'node',
      `${node.name} (${node.ssh_host}) refuses the SSH key: it does not belong to the key pair that the machine was made with. Give the private key that fits in ${target}.private_key_file, or the user that has it in ${target}.ssh_user.`,
    );
  }
  if (!/Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i.test(stderr)) return;
  if (new RegExp(`host key (?:is known )?for ${BASTION}\\b`, 'i').test(stderr)) {
    refused(
      'host-key',
      'bastion',
      `The bastion on the way to ${node.name} shows another host key than ${target}.bastion.host_key, so nothing was sent to it.`,
    );
  }
  refused(
    'host-key',
    'node',
    `${node.ssh_host} shows another host key than ${node.name} was given, so nothing was sent to it. Another machine may have that address.`,
  );
}

function unreachable(
  target: string,
  node: ClusterNode,
  seconds: number,
  stderr: string,
): HathiError {
  return new HathiError(
    'NODE_UNREACHABLE',
    `SSH of ${node.name} (${node.ssh_host}:${node.ssh_port}) did not open within ${seconds} s: ${lastLine(stderr)}. See that the machine runs and that this server's address is in ${target}.control_cidrs.`,
    { node: node.name, host: node.ssh_host },
  );
}

function setupFailed(node: ClusterNode, said: string): HathiError {
  return new HathiError(
    'NODE_SETUP_FAILED',
    `cloud-init failed on ${node.name}: ${said.trim().slice(-LAST_WORDS_CHARACTERS)}`,
    { node: node.name, host: node.ssh_host },
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) || 'no response';
}
