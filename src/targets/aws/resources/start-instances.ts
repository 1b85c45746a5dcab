import {
  type EC2Client,
  StartInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilInstanceStopped,
} from '@aws-sdk/client-ec2';

/** EC2 stops a machine in about a minute, rarely in more than five. A start takes less time. */
const WAIT_SECONDS = 600;

/**
 * Starts machines and waits until they run. If a machine is still stopping, waits for the stop
 * first.
 */
export async function startInstances(client: EC2Client, ids: readonly string[]): Promise<void> {
  const InstanceIds = [...ids];
  const wait = { client, maxWaitTime: WAIT_SECONDS };
  await waitUntilInstanceStopped(wait, { InstanceIds });
  await client.send(new StartInstancesCommand({ InstanceIds }));
  await waitUntilInstanceRunning(wait, { InstanceIds });
}
