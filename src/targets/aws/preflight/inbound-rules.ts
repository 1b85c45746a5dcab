/** Rules of the security group that let the nodes reach each other: PostgreSQL, Patroni, etcd. */
const RULES_BETWEEN_NODES = 3;

/** Rules of one direction that a security group may have, unless the account got more. */
export const USUAL_RULES = 60;

/** Quota "Inbound or outbound rules per security group", of the service `vpc`. */
export const RULES_QUOTA = 'L-0EA8095F';

/** EC2 applies the quota to each address family separately. */
export interface InboundRules {
  ipv4: number;
  ipv6: number;
}

/**
 * The inbound rules that the module makes. A rule that names a security group counts for both
 * families.
 * @param allowList clients of PostgreSQL
 * @param controlCidrs sources of SSH; empty if no port is open for it
 * @see Amazon VPC user guide, "Amazon VPC quotas", security groups
 */
export function inboundRules(
  allowList: readonly string[],
  controlCidrs: readonly string[],
): InboundRules {
  // One network in both lists makes two rules, of different ports.
  const networks = [...new Set(allowList), ...new Set(controlCidrs)];
  const ipv6 = networks.filter((cidr) => cidr.includes(':')).length;
  return {
    ipv4: RULES_BETWEEN_NODES + networks.length - ipv6,
    ipv6: RULES_BETWEEN_NODES + ipv6,
  };
}
