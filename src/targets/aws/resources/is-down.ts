import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';

/** States of an instance in which nothing on it runs. */
const DOWN: readonly string[] = ['stopped', 'terminated'];

/** Whether EC2 reports the instance as down. An instance that EC2 no longer lists is no proof. */
export async function isDown(client: EC2Client, id: string): Promise<boolean> {
  const { Reservations = [] } = await client.send(
    new DescribeInstancesCommand({ InstanceIds: [id] }),
  );
  const states = Reservations.flatMap(({ Instances = [] }) => Instances).map(
    ({ State }) => State?.Name ?? '',
  );
  return states.length === 1 && DOWN.includes(states[0] ?? '');
}
