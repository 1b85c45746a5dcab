import { z } from 'zod';
import { ipv4NetworkSchema, networkListSchema } from '../../../core/cidr.ts';
import type { FieldError } from '../../../core/field-errors.ts';
import { GP3, gp3Conflicts } from './gp3.ts';
import { REGION_PATTERN } from './region.ts';
import { type ChangeOf, changeOf } from './settings-change.ts';

/** Ways in which the control plane reaches the machines. See `docs/how-to/run-on-aws.md`. */
export const CONNECTIONS = ['public', 'private', 'bastion', 'ssm'] as const;

/** Default user of Debian's images. It can use sudo without a password. */
const DEBIAN_USER = 'admin';

/** A higher limit would leave too few security group rules for the allow-list. */
const MOST_CONTROL_CIDRS = 16;

const cidr = z.union([z.cidrv4(), z.cidrv6()]);
const matching = (pattern: RegExp, form: string) =>
  z.string().regex(pattern, `must be of the form ${form}`);

export const regionSchema = matching(REGION_PATTERN, 'eu-central-1');
const ZONE = matching(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}[a-z]$/, 'eu-central-1a');
const AMI = matching(/^ami-[0-9a-f]{8,17}$/, 'ami-0123456789abcdef0');
const VPC = matching(/^vpc-[0-9a-f]{8,17}$/, 'vpc-0123456789abcdef0');
const SUBNET = matching(/^subnet-[0-9a-f]{8,17}$/, 'subnet-0123456789abcdef0');
const KMS_KEY = matching(
  /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
  'arn:aws:kms:…',
);
const USER = matching(/^[a-z_][a-z0-9_-]{0,31}$/, 'admin');
const HOST = matching(/^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$/, 'bastion.example.com');
const HOST_KEY = matching(
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,2}$/,
  'ssh-ed25519 AAAA…',
);
const ABSOLUTE_PATH = matching(/^\/[^\0\n\r"\\]{1,1023}$/, '/home/me/.ssh/key.pem');
/** Limit of EC2: up to 255 ASCII characters. Hathi also excludes quotes and backslashes. */
const KEY_NAME = matching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,255}$/, 'my-key-pair');
const DOWNLOAD = matching(
  /^https?:\/\/[A-Za-z0-9.:/_~%-]{1,1000}$/,
  'https://mirror.example.com/…',
);
const SHA256 = matching(/^[0-9a-f]{64}$/, '64 lowercase hexadecimal digits');
const PROXY = matching(/^http:\/\/[A-Za-z0-9.-]{1,253}:\d{1,5}\/?$/, 'http://10.0.0.10:3128');
const BUCKET = matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'my-bucket');
const OBJECT_KEY = matching(/^[A-Za-z0-9!_.*'()/-]{1,512}$/, 'hathi/orders.tfstate');

const whole = ({ least, most }: { least: number; most: number }) => z.int().min(least).max(most);

const networkSchemaOf = (cidr: z.ZodType<string, string>) =>
  z.discriminatedUnion('mode', [
    z.strictObject({ mode: z.literal('default') }),
    z.strictObject({
      mode: z.literal('existing'),
      vpc_id: VPC,
      subnet_ids: z.array(SUBNET).min(1).max(16),
    }),
    z.strictObject({
      mode: z.literal('own'),
      cidr: cidr.refine(
        (text) => Number(text.split('/')[1]) >= 16 && Number(text.split('/')[1]) <= 23,
        'must have 16 to 23 bits, e.g. 10.77.0.0/16',
      ),
      private: z.boolean().default(false),
    }),
  ]);

const members = {
  region: regionSchema,
  availability_zones: z.array(ZONE).max(6).default([]),
  ami_id: AMI.nullable().default(null),
  network: networkSchemaOf(z.cidrv4()).default({ mode: 'default' }),
  connection: z.enum(CONNECTIONS).default('public'),
  control_cidrs: z.array(cidr).max(MOST_CONTROL_CIDRS).default([]),
  bastion: z
    .strictObject({
      host: HOST,
      port: z.int().min(1).max(65_535).default(22),
      user: USER.default(DEBIAN_USER),
      host_key: HOST_KEY,
      /** Key of the bastion only. Default if null: the key of the nodes. */
      private_key_file: ABSOLUTE_PATH.nullable().default(null),
    })
    .nullable()
    .default(null),
  key_name: KEY_NAME.nullable().default(null),
  private_key_file: ABSOLUTE_PATH.nullable().default(null),
  ssh_user: USER.default(DEBIAN_USER),
  root_volume: z
    .strictObject({ size_gib: whole({ ...GP3.sizeGib, least: 8 }).default(12) })
    .default({ size_gib: 12 }),
  data_volume: z
    .strictObject({
      size_gib: whole(GP3.sizeGib).default(20),
      iops: whole(GP3.iops).default(GP3.iops.least),
      throughput_mib_s: whole(GP3.throughputMibS).default(GP3.throughputMibS.least),
    })
    .default({ size_gib: 20, iops: 3_000, throughput_mib_s: 125 }),
  kms_key_id: KMS_KEY.nullable().default(null),
  termination_protection: z.boolean().default(true),
  session_manager: z.boolean().default(false),
  /** Debian package of the Systems Manager agent. Default if null: the AWS bucket of the region. */
  ssm_agent_url: DOWNLOAD.nullable().default(null),
  ssm_agent_sha256: SHA256.nullable().default(null),
  /** An Elastic IP address is kept when a machine is stopped and started. */
  public_address: z.enum(['ephemeral', 'elastic']).default('ephemeral'),
  /**
   * Proxy for package downloads. This and the next two members take effect at the first boot of a
   * node.
   */
  proxy: PROXY.nullable().default(null),
  apt_mirror: DOWNLOAD.nullable().default(null),
  apt_security_mirror: DOWNLOAD.nullable().default(null),
  state_bucket: z

    .strictObject({
      bucket: BUCKET,
      key: OBJECT_KEY,
      region: regionSchema,
      /** For S3-compatible stores that do not use the bucket name as a host name. */
      path_style: z.boolean().default(false),
    })
    .nullable()
    .default(null),
};

/**
 * Members whose rules are stricter in a request than in a stored spec. A spec that an earlier
 * version accepted must stay readable.
 */
const requestMembers = {
  ...members,
  network: networkSchemaOf(ipv4NetworkSchema),
  control_cidrs: networkListSchema(MOST_CONTROL_CIDRS),
};

/** Settings of a cluster on AWS, in addition to the settings of all clusters. */
export const awsSettingsSchema = z.strictObject(members);
export type AwsSettings = z.infer<typeof awsSettingsSchema>;

declare module '../../../core/cluster/cluster-spec.ts' {
  interface TargetSettings {
    /** Present if the target is `aws`. */
    aws?: AwsSettings | undefined;
  }
}

/** The members that a request can contain. Omitted members do not get defaults. */
export const awsChangesSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(requestMembers).map(([name, schema]) => [name, changeOf(schema).optional()]),
  ) as {
    [Name in keyof typeof members]: z.ZodOptional<z.ZodType<ChangeOf<AwsSettings[Name]>>>;
  },
);
export type AwsChanges = z.infer<typeof awsChangesSchema>;

/** Returns values that are valid separately but not together. Empty if the settings can be used. */
export function settingsConflicts(settings: AwsSettings): FieldError[] {
  const conflicts: FieldError[] = [];
  const conflict = (member: string, message: string, expected: string) =>
    conflicts.push({ path: `/aws/${member}`, message, expected });
  const { connection, control_cidrs, bastion, network } = settings;
  if (connection !== 'ssm' && control_cidrs.length === 0) {
    conflict(
      'control_cidrs',
      connection === 'bastion'
        ? 'says from where SSH may come, which is the bastion: its address inside the VPC'
        : 'says from where SSH may come: the address that this server is seen with by the machines (curl https://checkip.amazonaws.com tells the public one)',
      '["203.0.113.7/32"]',
    );
  }
  if (connection === 'bastion' && bastion === null) {
    conflict('bastion', 'is needed where connection is bastion', '{"host": …, "host_key": …}');
  }
  if (connection !== 'bastion' && bastion !== null) {
    conflict('bastion', `is of no use where connection is ${connection}`, 'null');
  }
  if (connection === 'ssm' && !settings.session_manager) {
    conflict('session_manager', 'must be on where connection is ssm', 'true');
  }
  if (!settings.session_manager && (settings.ssm_agent_url ?? settings.ssm_agent_sha256) !== null) {
    conflict(
      settings.ssm_agent_url === null ? 'ssm_agent_sha256' : 'ssm_agent_url',
      'is used only with session_manager',
      'null',
    );
  }
  if (settings.public_address === 'elastic' && connection !== 'public') {
    conflict('public_address', `cannot be elastic if connection is ${connection}`, 'ephemeral');
  }
  if (connection === 'public' && network.mode === 'own' && network.private) {
    conflict('connection', 'cannot be public in private subnets', 'private, bastion or ssm');
  }
  if ((settings.key_name === null) !== (settings.private_key_file === null)) {
    conflict(
      settings.key_name === null ? 'key_name' : 'private_key_file',
      'an existing key pair is given by its name and by the file of its private key, both',
      'key_name and private_key_file, or neither',
    );
  }
  for (const zone of settings.availability_zones) {
    if (zone.slice(0, -1) === settings.region) continue;
    conflict(
      'availability_zones',
      `must be zones of ${settings.region}, which ${zone} is not`,
      `${settings.region}a, ${settings.region}b, …`,
    );
  }
  for (const { field, message, expected } of gp3Conflicts(settings.data_volume)) {
    conflict(`data_volume/${field}`, message, expected);
  }
  return conflicts;
}
