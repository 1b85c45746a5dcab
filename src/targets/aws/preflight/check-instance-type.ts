import type { Finding } from '../../../core/plan/plan-context.ts';
import type { PreflightInput } from '../account/cloud.ts';
import type { RegionFacts } from './region-facts.ts';
import { error, info, warning } from './request.ts';

/** Checks whether the region has the instance type, and whether each requested zone offers it. */
export async function checkInstanceType(
  { region, instanceType, availabilityZones, nodes }: PreflightInput,
  facts: RegionFacts,
): Promise<Finding[]> {
  if ((await facts.type()) === null) {
    return [
      error(
        'instance-type',
        `The region ${region} has no instance type ${instanceType}.`,
        `Choose another \`instance_type\`: \`aws ec2 describe-instance-type-offerings --region ${region}\` lists them.`,
      ),
    ];
  }
  const [zones, offering] = await Promise.all([facts.zones(), facts.offering()]);
  const usable = zones.filter((zone) => offering.includes(zone));
  const where = usable.join(', ') || 'no zone';

  const unknown = availabilityZones.filter((zone) => !zones.includes(zone));
  const without = availabilityZones.filter(
    (zone) => zones.includes(zone) && !offering.includes(zone),
  );
  const findings: Finding[] = [];
  if (unknown.length > 0) {
    findings.push(
      error(
        'availability-zones',
        `The region ${region} has no zone ${unknown.join(', ')} that can be used. It has ${zones.join(', ') || 'none'}.`,
        'Take those out of `availability_zones`, or leave the list away to have the zones chosen.',
      ),
    );
  }
  if (without.length > 0 || usable.length === 0) {
    findings.push(
      error(
        'instance-type-offered',
        `${instanceType} is not offered in ${without.join(', ') || region}; it is in ${where}.`,
        'Choose zones that offer it, or another `instance_type`.',
      ),
    );
  }
  if (findings.length > 0) return findings;

  const chosen = availabilityZones.length > 0 ? [...availabilityZones] : usable;
  if (chosen.length === 1 && nodes > 1) {
    return [
      warning(
        'instance-type-offered',
        `All ${nodes} nodes would stand in ${chosen[0]}, and be gone at once if that zone fails.`,
        `Name several zones in \`availability_zones\`; ${instanceType} is offered in ${where}.`,
      ),
    ];
  }
  return [info('instance-type-offered', `${instanceType} is offered in ${where}.`)];
}
