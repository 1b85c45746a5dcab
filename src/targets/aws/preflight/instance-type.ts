/**
 * Families that share the quota of running on-demand standard instances (L-1216C47A): A, C, D, H,
 * I, M, R, T and Z. The letters before the digit of the generation identify the family. Other
 * families (`g5`, `p4d`, `x2idn`, `inf2`, `hpc7a`, `dl1`, `u7i`, …) have separate quotas.
 * @see https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
 */
const STANDARD_FAMILY = /^(a|c|d|h|i|im|is|m|r|t|z)\d/;

export const STANDARD_VCPU_QUOTA = 'L-1216C47A';

/** Returns whether a type, e.g. `t3.medium`, counts against the quota of standard instances. */
export function isStandardType(instanceType: string): boolean {
  return STANDARD_FAMILY.test(instanceType);
}

/**
 * Returns the architecture as in the names of Debian's AMIs, which differ from the names in EC2.
 */
export function debianArchitecture(supported: readonly string[]): 'amd64' | 'arm64' {
  return supported.includes('arm64') ? 'arm64' : 'amd64';
}
