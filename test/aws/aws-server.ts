import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ServerProcess } from '../support/server-process.ts';
import type { Emulator } from './ec2/emulator.ts';

const cliConfig = fileURLToPath(new URL('../../.tools/aws-provider/cli.tfrc', import.meta.url));

/** Far from what Docker and the local target use. */
export const VPC_CIDR = '10.219.0.0/16';

/** The settings of a cluster that stands in a VPC of its own, whose addresses this machine reaches. */
export const SETTINGS = {
  network: { mode: 'own', cidr: VPC_CIDR },
  connection: 'private',
  control_cidrs: [VPC_CIDR],
};

/** A server whose clusters stand on the emulated EC2, by the stand-in provider. */
export async function startAwsServer(
  emulator: Emulator,
  more: Record<string, string> = {},
): Promise<ServerProcess> {
  if (!existsSync(cliConfig)) {
    throw new Error('the provider is not here; run scripts/setup/aws-provider.sh');
  }
  return await ServerProcess.start({
    ...emulator.environment,
    HATHI_TARGET: 'aws',
    HATHI_AWS: JSON.stringify(SETTINGS),
    HATHI_TERRAFORM_CLI_CONFIG: cliConfig,
    ...more,
  });
}

/** Asks the emulator as anybody would, for what there is in truth. */
export function clientOf({ environment }: Emulator): EC2Client {
  return new EC2Client({
    region: environment.AWS_REGION ?? '',
    endpoint: environment.AWS_ENDPOINT_URL ?? '',
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    },
  });
}
