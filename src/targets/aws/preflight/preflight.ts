import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { CloudIdentity, Finding } from '../../../core/plan/plan-context.ts';
import type { AwsClients } from '../account/clients.ts';
import type { Preflight, PreflightInput } from '../account/cloud.ts';
import { checkImage } from './check-image.ts';
import { checkInstanceType } from './check-instance-type.ts';
import { checkKeyPair } from './check-key-pair.ts';
import { checkNetwork } from './check-network.ts';
import { checkOwnVpc } from './check-own-vpc.ts';
import { checkRuleQuota } from './check-rule-quota.ts';
import { checkVcpuQuota } from './check-vcpu-quota.ts';
import { regionFacts } from './region-facts.ts';
import { findingsOf } from './request.ts';

/** Reads the identity of the caller, then runs all checks in parallel. */
export async function preflight(clients: AwsClients, input: PreflightInput): Promise<Preflight> {
  const identity = await identify(clients);
  const { ec2, quotas } = clients;
  const facts = regionFacts(ec2, input.instanceType);
  const forNewNodes = await Promise.all([
    findingsOf('instance-type', () => checkInstanceType(input, facts)),
    findingsOf('image', () => checkImage(ec2, input, facts)),
    findingsOf('vpc', () => checkNetwork(ec2, input, facts)),
    findingsOf('vpc', () => checkOwnVpc(ec2, quotas, input, facts)),
  ]);
  const findings = await Promise.all([
    findingsOf('key-pair', () => checkKeyPair(ec2, input)),
    findingsOf('rule-quota', () => checkRuleQuota(quotas, input)),
    findingsOf('vcpu-quota', () => checkVcpuQuota(ec2, quotas, input, facts)),
  ]);
  return {
    identity,
    findings: [
      ...forNewNodes.flat().map(input.newNodes === 0 ? atMostWarning : same),
      ...findings.flat(),
    ],
  };
}

/** Existing nodes do not depend on zones, images or types that the account can no longer use. */
const atMostWarning = (finding: Finding): Finding =>
  finding.severity === 'error' ? { ...finding, severity: 'warning' } : finding;
const same = (finding: Finding): Finding => finding;

async function identify({ sts, region }: AwsClients): Promise<CloudIdentity> {
  const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
  return { account: Account, arn: Arn, region };
}
