import type { NodeAccess } from '../../core/node/node-access.ts';
import type { AwsSettings } from './settings/aws-settings.ts';

/** `public` and `private` differ only in the address of a node, which is an output of Terraform. */
export function awsNodeAccess(settings: AwsSettings): NodeAccess {
  const { connection, bastion, region, ssh_user: user } = settings;
  if (connection === 'ssm') {
    return {
      way: 'ssh',
      user,
      jump: {
        kind: 'command',
        command: `aws ssm start-session --region ${region} --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p`,
      },
    };
  }
  if (bastion === null) return { way: 'ssh', user, jump: null };
  return {
    way: 'ssh',
    user,
    jump: {
      kind: 'bastion',
      host: bastion.host,
      port: bastion.port,
      user: bastion.user,
      hostKey: bastion.host_key,
      privateKeyFile: bastion.private_key_file,
    },
  };
}
