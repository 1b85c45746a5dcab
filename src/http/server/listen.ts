import { type AddressInfo, createServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { HathiError } from '../../core/errors.ts';

export interface ListenSettings {
  /** Host name or address; `localhost` means both loopback addresses. */
  host: string;
  /** 0 selects a free port. */
  port: number;
}

/**
 * Starts listening.
 * @returns the URLs of the server
 * @throws PORT_IN_USE | CONFIGURATION_INVALID for an address that this machine does not have
 */
export async function listen(app: FastifyInstance, settings: ListenSettings): Promise<string[]> {
  const { host, port } = settings;
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `Listening at ${address}` });
    if (host === 'localhost') await refuseHalfTaken(app);
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, settings);
  }
  return addressesOf(app).map(({ address, port: taken, family }) =>
    family === 'IPv6' ? `http://[${address}]:${taken}` : `http://${address}:${taken}`,
  );
}

/** Fastify's type includes the path of a socket, which is not used here. */
function addressesOf(app: FastifyInstance): AddressInfo[] {
  return app.addresses().filter((bound) => typeof bound !== 'string');
}

/**
 * Fastify starts with one of the two addresses of localhost. If another program uses the port on
 * the other address, half of the clients would silently connect to that program.
 */
async function refuseHalfTaken(app: FastifyInstance): Promise<void> {
  const taken = addressesOf(app);
  const port = taken[0]?.port ?? 0;
  for (const address of ['127.0.0.1', '::1']) {
    if (taken.some((bound) => bound.address === address)) continue;
    const code = await bindingError(address, port);
    // Any other error means that the machine does not have the address, e.g. without IPv6.
    if (code !== 'EADDRINUSE') continue;
    await app.close();
    throw Object.assign(new Error(`${address} is taken`), { code, port });
  }
}

function bindingError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    probe.listen({ host, port }, () => probe.close(() => resolve(undefined)));
  });
}

function explain(error: NodeJS.ErrnoException, { host, port }: ListenSettings): unknown {
  switch (error.code) {
    case 'EADDRINUSE':
      return new HathiError(
        'PORT_IN_USE',
        `Another program listens on port ${port} of ${host}. Stop it, or choose another port, e.g. HATHI_PORT=${port + 1}.`,
        { host, port },
        { cause: error },
      );
    case 'EACCES':
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new HathiError(
        'CONFIGURATION_INVALID',
        `The server cannot listen on port ${port} of ${host}: ${error.code}. Set HATHI_HOST to an address of this machine and HATHI_PORT to a port that its user may take.`,
        { host, port },
        { cause: error },
      );
    default:
      return error;
  }
}
