import { openEmbedded } from '../../src/adapters/database/embedded.ts';
import { SqlUnitOfWork } from '../../src/adapters/database/sql-unit-of-work.ts';
import { createX509Pki } from '../../src/adapters/pki/x509-pki.ts';
import { loadMasterKeys } from '../../src/adapters/secrets/master-key.ts';
import { createSecretBox } from '../../src/adapters/secrets/secret-box.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import type { CertifiedKey } from '../../src/ports/pki.ts';
import { readSecret } from '../../src/shared/cluster-secrets.ts';
import type { ClusterHarness } from './cluster-harness.ts';

/**
 * A certificate for a node that ends tomorrow, issued by the authority of the cluster. The server is
 * stopped meanwhile, because only one process can open its database.
 */
export async function certificateUntilTomorrow(
  harness: ClusterHarness,
  node: string,
): Promise<CertifiedKey> {
  const { id } = await harness.cluster();
  const address = await harness.shell(node, 'hostname -I');
  await harness.killServer();
  try {
    const authority = await readAuthority(harness.dataDirectory, id);
    return await createX509Pki(systemClock).issue(authority, {
      commonName: node,
      dnsNames: [node, 'localhost'],
      addresses: [address, '127.0.0.1'],
      validDays: 1,
    });
  } finally {
    await harness.startServer();
  }
}

async function readAuthority(dataDirectory: string, id: string): Promise<CertifiedKey> {
  const database = await openEmbedded(dataDirectory);
  try {
    const { direct } = new SqlUnitOfWork(database.db);
    const box = createSecretBox(await loadMasterKeys(dataDirectory));
    const certificate = await readSecret(direct, box, { id }, 'ca-certificate');
    const privateKey = await readSecret(direct, box, { id }, 'ca-key');
    if (certificate === null || privateKey === null) throw new Error('no certificate authority');
    return { certificate, privateKey };
  } finally {
    await database.close();
  }
}
