import {
  type EC2Client,
  StartInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilInstanceStopped,
} from '@aws-sdk/client-ec2';

/** EC2 takes a minute to stop a machine, rarely more than five; starting one takes less. */
const WAIT_SECONDS = 600;

/** Starts machines and waits until they run. One that is still stopping is waited for first. */
export async function startInstances(client: EC2Client, ids: readonly string[]): Promise<void> {
  const InstanceIds = [...ids];
  const wait = { client, maxWaitTime: WAIT_SECONDS };
  await waitUntilInstanceStopped(wait, { InstanceIds });
  await client.send(new StartInstancesCommand({ InstanceIds }));
  await waitUntilInstanceRunning(wait, { InstanceIds });
}
