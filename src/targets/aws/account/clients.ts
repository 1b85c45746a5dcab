import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { STSClient } from '@aws-sdk/client-sts';

const CONNECT_MILLISECONDS = 5_000;
const REQUEST_MILLISECONDS = 20_000;
/** Throttled and lost requests are retried with increasing pauses. */
const MAX_ATTEMPTS = 5;

export interface AwsClients extends Disposable {
  region: string;
  ec2: EC2Client;
  iam: IAMClient;
  quotas: ServiceQuotasClient;
  sts: STSClient;
}

/**
 * Clients for one request to the port. They are created for each request, so that renewed
 * credentials are read again. The SDK finds credentials, the proxy and AWS_ENDPOINT_URL.
 */
export function createAwsClients(region: string): AwsClients {
  const settings = {
    region,
    maxAttempts: MAX_ATTEMPTS,
    userAgentAppId: 'hathi',
    requestHandler: {
      connectionTimeout: CONNECT_MILLISECONDS,
      requestTimeout: REQUEST_MILLISECONDS,
      throwOnRequestTimeout: true,
    },
    // Passed to the credential chain, which otherwise caches ~/.aws from the first request.
    ignoreCache: true,
  };
  const ec2 = new EC2Client(settings);
  const iam = new IAMClient(settings);
  const quotas = new ServiceQuotasClient(settings);
  const sts = new STSClient(settings);
  return {
    region,
    ec2,
    iam,
    quotas,
    sts,
    [Symbol.dispose]: () => {
      for (const client of [ec2, iam, quotas, sts]) client.destroy();
    },
  };
}
