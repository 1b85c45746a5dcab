/** Networks in which this machine has an address. */
export interface LocalNetworks {
  /** @param cidr an IPv4 network, e.g. `10.197.3.0/24` */
  isOn(cidr: string): boolean;
}
