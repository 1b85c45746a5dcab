/** Security group rules for traffic between the nodes: PostgreSQL, Patroni, etcd. */
const RULES_BETWEEN_NODES = 3;

/** Default quota of rules per direction of a security group. */
export const USUAL_RULES = 60;

/** Quota "Inbound or outbound rules per security group" of the service `vpc`. */
export const RULES_QUOTA = 'L-0EA8095F';

/** EC2 applies the quota to each address family separately. */
export interface InboundRules {
  ipv4: number;
  ipv6: number;
}

/**
 * Counts the inbound rules that the module creates. A rule that names a security group counts for
 * both families.
 * @param allowList clients of PostgreSQL
 * @param controlCidrs sources of SSH; empty if no port is open for it
 * @see Amazon VPC user guide, "Amazon VPC quotas", security groups
 */
export function inboundRules(
  allowList: readonly string[],
  controlCidrs: readonly string[],
): InboundRules {
  // A network in both lists needs two rules, because the ports differ.
  const networks = [...new Set(allowList), ...new Set(controlCidrs)];
  const ipv6 = networks.filter((cidr) => cidr.includes(':')).length;
  return {
    ipv4: RULES_BETWEEN_NODES + networks.length - ipv6,
    ipv6: RULES_BETWEEN_NODES + ipv6,
  };
}
