import { GetServiceQuotaCommand, type ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { request } from './request.ts';

/** @throws RequestFailed, also if Service Quotas does not have the quota */
export function quotaOf(
  quotas: ServiceQuotasClient,
  service: string,
  code: string,
): Promise<number> {
  return request('servicequotas:GetServiceQuota', async () => {
    const answer = await quotas.send(
      new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code }),
    );
    const value = answer.Quota?.Value;
    if (value === undefined) throw new Error('no value');
    return value;
  });
}

/** Returns the command with which a user requests a higher quota. */
export function raiseQuota(region: string, service: string, code: string, wanted: number): string {
  return `\`aws service-quotas request-service-quota-increase --region ${region} --service-code ${service} --quota-code ${code} --desired-value ${wanted}\``;
}
