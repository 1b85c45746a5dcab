/** PEM texts. The private key is PKCS #8. */
export interface CertifiedKey {
  certificate: string;
  privateKey: string;
}

export interface CertificateRequest {
  commonName: string;
  dnsNames: readonly string[];
  /** IPv4 or IPv6 addresses for the SAN. */
  addresses: readonly string[];
  validDays: number;
}

/** The certificate authority of a cluster: EC P-256. */
export interface Pki {
  createAuthority(commonName: string, validDays: number): Promise<CertifiedKey>;
  /** A certificate for serverAuth and clientAuth, signed by the authority. */
  issue(authority: CertifiedKey, request: CertificateRequest): Promise<CertifiedKey>;
}

export interface SshKeyPair {
  /** OpenSSH private key as text that ends with a newline. */
  privateKey: string;
  /** One line, `ssh-ed25519 <base64> <comment>`. */
  publicKey: string;
}

export interface SshKeys {
  generate(comment: string): Promise<SshKeyPair>;
  /**
   * A private key of the user, in any format that OpenSSH reads.
   * @throws an Error whose message completes "the file …", e.g. `needs a passphrase`
   */
  read(file: string): Promise<SshKeyPair>;
}
