import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { LocalCallers } from '../../ports/local-callers.ts';
import { HttpError } from '../errors/http-error.ts';
import { DOCS_PATH } from '../routes/docs.ts';

export interface AccessSettings {
  /** The bearer token that every caller needs; null if local callers need none. */
  token: string | null;
  /** Allowed host names in addition to loopback, without a port. */
  allowedHosts: readonly string[];
}

const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

export const HEALTH_PATH = '/health';
/**
 * Paths that need no token: they return no secret and change nothing. Without a token the start
 * page lists no cluster.
 */
const OPEN_PATHS: readonly string[] = [HEALTH_PATH, '/ready', '/', '/openapi.json', DOCS_PATH];
const OPEN_FOLDER = `${DOCS_PATH}/`;

/**
 * Rejects web pages in the browser of a user with access to the server. Checks the name in `Host`
 * (a rebound DNS name is not accepted), the page's origin, and the headers of the browser. The port
 * of `Host` is not compared, because a forwarded port is a valid way to reach the server. Without a
 * token it also rejects other local users.
 * @param localCallers null if every local user is accepted
 */
export function guardAccess(
  app: FastifyInstance,
  settings: AccessSettings,
  localCallers: LocalCallers | null,
): void {
  const hosts = new Set([
    ...LOOPBACK_HOSTS,
    ...settings.allowedHosts.map((host) => host.toLowerCase()),
  ]);
  const isOwner = localCallers === null ? async () => true : oncePerConnection(localCallers);
  app.addHook('onRequest', async (request) => {
    // With a token, every caller has presented a secret that no web page has.
    if (settings.token === null) checkHost(request, hosts);
    checkOrigin(request);
    const path = request.url.split('?', 1)[0] ?? '';
    const authorize = async (): Promise<void> => {
      if (settings.token !== null) checkToken(request, settings.token);
      else if (!(await isOwner(request.raw.socket))) throw notTheOwner();
    };
    authorizations.set(request, authorize);
    if (!OPEN_PATHS.includes(path) && !path.startsWith(OPEN_FOLDER)) await authorize();
  });
}

const authorizations = new WeakMap<FastifyRequest, () => Promise<void>>();

/** Whether the caller of a public path may also see protected content. */
export async function isAuthorized(request: FastifyRequest): Promise<boolean> {
  const authorize = authorizations.get(request);
  if (authorize === undefined) return false;
  return await authorize().then(
    () => true,
    () => false,
  );
}

/** The owner of a connection does not change, so only its first request waits. */
function oncePerConnection(localCallers: LocalCallers): (socket: Socket) => Promise<boolean> {
  const verdicts = new WeakMap<Socket, Promise<boolean>>();
  return (socket) => {
    const known = verdicts.get(socket);
    if (known) return known;
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket;
    const verdict = localCallers.isOwner({ remoteAddress, remotePort, localAddress, localPort });
    verdicts.set(socket, verdict);
    return verdict;
  };
}

function notTheOwner(): HttpError {
  return new HttpError(
    'UNAUTHORIZED',
    'Without a token this server accepts only the user that runs it, and root. To let other users in, start it with HATHI_TOKEN or HATHI_TOKEN_FILE, and send that token as "Authorization: Bearer <token>".',
  );
}

function checkHost(request: FastifyRequest, hosts: ReadonlySet<string>): void {
  const host = request.headers.host ?? '';
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (hosts.has(name)) return;
  throw new HttpError(
    'FORBIDDEN_HOST',
    `This server is not known as ${JSON.stringify(host)}; use localhost, or add the name to HATHI_ALLOWED_HOSTS.`,
  );
}

function checkOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const sameOrigin = origin === undefined || sameOriginAs(origin, `${schemeOf(request)}://${host}`);
  if (sameOrigin && site !== 'cross-site' && site !== 'same-site') return;
  if (isNavigation(request)) return;
  throw new HttpError(
    'FORBIDDEN_ORIGIN',
    `A web page of ${origin ?? 'another site'} may not use this server; only its own pages and programs may.`,
  );
}

/**
 * A followed link. The page that contains it cannot read the response, and the request changes
 * nothing.
 */
function isNavigation({ method, headers }: FastifyRequest): boolean {
  return (
    method === 'GET' &&
    headers.origin === undefined &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}

/** The scheme in the browser: the scheme of this server, or of the proxy before it. */
export function schemeOf(request: FastifyRequest): string {
  // A page of another origin cannot set this header, and a proxy replaces it.
  const forwarded = [request.headers['x-forwarded-proto'] ?? ''].flat().join(',');
  return forwarded.split(',', 1)[0]?.trim().toLowerCase() || 'http';
}

/**
 * Whether scheme, host and port are equal. `null`, the origin of sandboxed pages and files, never
 * matches.
 */
function sameOriginAs(origin: string, own: string): boolean {
  if (!URL.canParse(origin) || !URL.canParse(own)) return false;
  return new URL(origin).origin === new URL(own).origin;
}

/** The key that counts the requests of a caller, e.g. `token@127.0.0.1`. */
export function callerKeyOf({ token }: AccessSettings): (request: FastifyRequest) => string {
  return (request) =>
    `${token !== null && hasToken(request, token) ? 'token' : 'none'}@${request.ip}`;
}

function hasToken(request: FastifyRequest, token: string): boolean {
  const given = bearerIn(request);
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function bearerIn({ headers }: FastifyRequest): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

function checkToken(request: FastifyRequest, token: string): void {
  if (hasToken(request, token)) return;
  const given = bearerIn(request);
  throw new HttpError(
    'UNAUTHORIZED',
    given === undefined
      ? 'This server needs a token: send it as "Authorization: Bearer <token>".'
      : 'The bearer token is not the one of this server.',
  );
}

/** A comparison in constant time needs equal lengths. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
