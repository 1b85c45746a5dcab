import { DescribeImagesCommand, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import type { Finding } from '../../../core/plan/plan-context.ts';
import { isGone } from '../account/aws-errors.ts';
import type { PreflightInput } from '../account/cloud.ts';
import { debianArchitecture } from './instance-type.ts';
import type { RegionFacts } from './region-facts.ts';
import { error, info, request } from './request.ts';

/**
 * Debian's own account.
 * @see https://wiki.debian.org/Cloud/AmazonEC2Image
 */
const DEBIAN_ACCOUNT = '136693071363';
const PERMISSION = 'ec2:DescribeImages';

/**
 * Checks whether the image can start on the instance type. Without an image, finds the Debian 13
 * image.
 */
export async function checkImage(
  ec2: EC2Client,
  input: PreflightInput,
  facts: RegionFacts,
): Promise<Finding[]> {
  const type = await facts.type();
  // An unknown type cannot be compared. The check of the instance type reports it.
  if (type === null) return [];
  const architectures = type.ProcessorInfo?.SupportedArchitectures ?? [];
  if (input.amiId === null) return await checkDebian(ec2, input, architectures);

  const image = await imageById(ec2, input.amiId);
  if (image === null) {
    return [
      error(
        'image',
        `The region ${input.region} has no image ${input.amiId} that this account may use.`,
        'An image belongs to one region: copy it there, have it shared with this account, or leave `ami_id` away for the newest Debian 13.',
      ),
    ];
  }
  const wrong = faultsOf(image, input, architectures, type.SupportedVirtualizationTypes ?? []);
  return wrong.length > 0
    ? wrong
    : [info('image', `The machines start from ${image.ImageId} (${image.Name}).`)];
}

function faultsOf(
  { ImageId, State, Architecture, RootDeviceType, VirtualizationType }: Image,
  { instanceType }: PreflightInput,
  architectures: readonly string[],
  virtualizations: readonly string[],
): Finding[] {
  const findings: Finding[] = [];
  if (State !== 'available') {
    findings.push(
      error(
        'image',
        `The image ${ImageId} is not available; its state is ${State}.`,
        'Wait until it is, or give another `ami_id`.',
      ),
    );
  }
  if (Architecture && !architectures.includes(Architecture)) {
    findings.push(
      error(
        'image-architecture',
        `The image ${ImageId} is for ${Architecture}, but ${instanceType} runs ${architectures.join(' or ')}.`,
        'Give the `ami_id` of an image for that architecture, or another `instance_type`.',
      ),
    );
  }
  if (VirtualizationType && !virtualizations.includes(VirtualizationType)) {
    findings.push(
      error(
        'image-virtualization',
        `The image ${ImageId} is made for ${VirtualizationType}, but ${instanceType} runs ${virtualizations.join(' or ')}.`,
        'Give the `ami_id` of another image.',
      ),
    );
  }
  if (RootDeviceType !== 'ebs') {
    findings.push(
      error(
        'image-root-device',
        `The root of the image ${ImageId} is an instance store, which loses everything when the machine stops.`,
        'Give the `ami_id` of an image whose root device is EBS.',
      ),
    );
  }
  return findings;
}

async function checkDebian(
  ec2: EC2Client,
  { region }: PreflightInput,
  architectures: readonly string[],
): Promise<Finding[]> {
  const name = `debian-13-${debianArchitecture(architectures)}-*`;
  const found = await request(PERMISSION, () =>
    ec2.send(
      new DescribeImagesCommand({
        Owners: [DEBIAN_ACCOUNT],
        Filters: [
          { Name: 'name', Values: [name] },
          { Name: 'state', Values: ['available'] },
          { Name: 'virtualization-type', Values: ['hvm'] },
        ],
      }),
    ),
  );
  const newest = (found.Images ?? []).reduce<Image | null>(
    (best, image) => ((image.CreationDate ?? '') > (best?.CreationDate ?? '') ? image : best),
    null,
  );
  if (newest === null) {
    return [
      error(
        'image',
        `Debian's account ${DEBIAN_ACCOUNT} has no image ${name} in ${region}.`,
        'Give an `ami_id` of Debian 13 in this region.',
      ),
    ];
  }
  return [info('image', `New machines start from ${newest.ImageId} (${newest.Name}).`)];
}

function imageById(ec2: EC2Client, id: string): Promise<Image | null> {
  return request(PERMISSION, async () => {
    try {
      const found = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
      return found.Images?.[0] ?? null;
    } catch (problem) {
      if (isGone(problem) || /^InvalidAMIID/.test((problem as Error).name)) return null;
      throw problem;
    }
  });
}
