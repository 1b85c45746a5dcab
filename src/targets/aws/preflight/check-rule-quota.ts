import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { Finding } from '../../../core/plan/plan-context.ts';
import type { PreflightInput } from '../account/cloud.ts';
import { RULES_QUOTA, USUAL_RULES } from './inbound-rules.ts';
import { quotaOf, raiseQuota } from './quota.ts';
import { error, info, RequestFailed, warning } from './request.ts';

/** Checks whether the quota of the security group covers the rules for the lists of networks. */
export async function checkRuleQuota(
  quotas: ServiceQuotasClient,
  { region, inboundRules: { ipv4, ipv6 } }: PreflightInput,
): Promise<Finding[]> {
  const needed = Math.max(ipv4, ipv6);
  const sum = `The security group needs ${ipv4} inbound rules for IPv4 and ${ipv6} for IPv6`;
  // The quota of an account is never below the default.
  if (needed <= USUAL_RULES) {
    return [info('rule-quota', `${sum}; at least ${USUAL_RULES} of each are allowed.`)];
  }
  const quota = await quotaOf(quotas, 'vpc', RULES_QUOTA).catch((problem: unknown) => {
    if (problem instanceof RequestFailed) return null;
    throw problem;
  });
  if (quota !== null && needed <= quota) {
    return [info('rule-quota', `${sum}; the quota is ${quota} of each.`)];
  }
  const action = `Shorten \`allow_list\` or \`control_cidrs\`, e.g. by larger networks, or request more rules: ${raiseQuota(region, 'vpc', RULES_QUOTA, needed)}.`;
  return [
    quota === null
      ? warning(
          'rule-quota',
          `${sum}. An account may have ${USUAL_RULES} of each, unless its quota was raised. The quota could not be read.`,
          action,
        )
      : error('rule-quota', `${sum}; the quota is ${quota} of each.`, action),
  ];
}
