import { limit, type Rejection } from './constraints.ts';

/** Sends a request of EC2 to the emulator and returns its XML. */
export type Ask = (parameters: Record<string, string>) => Promise<string>;

type Rule = (request: URLSearchParams, ask: Ask) => Rejection | null | Promise<Rejection | null>;

const invalid = (message: string): Rejection => ({ code: 'InvalidParameterValue', message });

const numberOf = (request: URLSearchParams, name: string): number | null => {
  const text = request.get(name);
  return text === null ? null : Number(text);
};

interface Gp3 {
  size: number;
  iops: number;
  throughput: number;
}

/** Errors of EC2 for a gp3 volume with values that cannot be combined, with its texts. */
export function gp3Rejection({ size, iops, throughput }: Gp3): Rejection | null {
  const within = (name: string, value: number, unit: string) =>
    value >= limit(`gp3_min_${unit}`) && value <= limit(`gp3_max_${unit}`)
      ? null
      : invalid(`Volume ${name} of ${value} is invalid for volume type gp3`);
  const outside =
    within('size', size, 'size_gib') ??
    within('iops', iops, 'iops') ??
    within('throughput', throughput, 'throughput_mib_s');
  if (outside) return outside;
  const perGib = limit('gp3_max_iops_per_gib');
  // The 3,000 IOPS of every gp3 volume are part of the smallest one, too.
  if (iops > limit('gp3_min_iops') && iops / size > perGib) {
    const ratio = (iops / size).toFixed(6);
    return invalid(`Iops to volume size ratio of ${ratio} is too high; maximum is ${perGib}`);
  }
  const perIops = limit('gp3_max_throughput_mib_s_per_iops');
  if (throughput / iops > perIops) {
    const ratio = (throughput / iops).toFixed(6);
    return invalid(
      `Throughput (MiBps) to iops ratio of ${ratio} is too high; maximum is ${perIops.toFixed(6)} MiBps per iops`,
    );
  }
  return null;
}

function gp3(request: URLSearchParams, prefix: string, size: string, before?: Gp3) {
  const of = (name: string, otherwise: number) => numberOf(request, prefix + name) ?? otherwise;
  return gp3Rejection({
    size: of(size, before?.size ?? Number.NaN),
    iops: of('Iops', before?.iops ?? limit('gp3_min_iops')),
    throughput: of('Throughput', before?.throughput ?? limit('gp3_min_throughput_mib_s')),
  });
}

const createVolume: Rule = (request) =>
  request.get('VolumeType') === 'gp3' ? gp3(request, '', 'Size') : null;

const runInstances: Rule = (request) => {
  for (const [name, value] of request) {
    const prefix = /^(BlockDeviceMapping\.\d+\.Ebs\.)VolumeType$/.exec(name)?.[1];
    if (prefix === undefined || value !== 'gp3' || !request.has(`${prefix}VolumeSize`)) continue;
    const rejection = gp3(request, prefix, 'VolumeSize');
    if (rejection) return rejection;
  }
  return null;
};

const modifyVolume: Rule = async (request, ask) => {
  const id = request.get('VolumeId') ?? '';
  const told = await ask({ Action: 'DescribeVolumes', 'VolumeId.1': id });
  const before = {
    size: inXml(told, 'size') ?? 0,
    iops: inXml(told, 'iops') ?? limit('gp3_min_iops'),
    throughput: inXml(told, 'throughput') ?? limit('gp3_min_throughput_mib_s'),
  };
  const size = numberOf(request, 'Size');
  if (size !== null && size < before.size) {
    return invalid(`New size cannot be smaller than existing size`);
  }
  const type = request.get('VolumeType') ?? /<volumeType>(\w+)</.exec(told)?.[1];
  return type === 'gp3' ? gp3(request, '', 'Size', before) : null;
};

const createSubnet: Rule = (request) => {
  const cidr = request.get('CidrBlock') ?? '';
  const bits = Number(cidr.split('/')[1]);
  return bits < limit('subnet_min_prefix') || bits > limit('subnet_max_prefix')
    ? { code: 'InvalidSubnet.Range', message: `The CIDR '${cidr}' is invalid.` }
    : null;
};

/** These attributes change on a stopped machine only. */
const modifyInstance: Rule = async (request, ask) => {
  if (!request.has('InstanceType.Value') && !request.has('UserData.Value')) return null;
  const id = request.get('InstanceId') ?? '';
  const told = await ask({ Action: 'DescribeInstances', 'InstanceId.1': id });
  const state = /<instanceState>[\s\S]*?<name>([\w-]+)</.exec(told)?.[1];
  return state === undefined || state === 'stopped'
    ? null
    : {
        code: 'IncorrectInstanceState',
        message: `The instance '${id}' is not in the 'stopped' state.`,
      };
};

const inXml = (xml: string, element: string): number | null => {
  const text = new RegExp(`<${element}>(\\d+)<`).exec(xml)?.[1];
  return text === undefined ? null : Number(text);
};

/** What EC2 rejects and the emulator accepts, besides the limits of single parameters. */
const RULES: Record<string, Rule> = {
  CreateVolume: createVolume,
  RunInstances: runInstances,
  ModifyVolume: modifyVolume,
  CreateSubnet: createSubnet,
  ModifyInstanceAttribute: modifyInstance,
};

/** The rejection by a rule of EC2 that needs more than one parameter, or the state of a resource. */
export async function checkRules(request: URLSearchParams, ask: Ask): Promise<Rejection | null> {
  return (await RULES[request.get('Action') ?? '']?.(request, ask)) ?? null;
}
