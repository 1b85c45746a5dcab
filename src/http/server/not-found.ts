import type { FastifyInstance } from 'fastify';
import { HttpError } from '../errors/http-error.ts';

interface Known {
  pattern: RegExp;
  methods: Set<string>;
}

/** 404 for a path that is not served, 405 with `Allow` for a path with other methods. */
export function handleUnknownRoutes(app: FastifyInstance): void {
  const known = new Map<string, Known>();
  app.addHook('onRoute', ({ url, method }) => {
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const name of [method].flat()) entry.methods.add(name);
    known.set(url, entry);
  });
  // A plugin has a route, but no file for it.
  app.setNotFoundHandler((request) => {
    throw nothingAt(request.url);
  });
  // Before any other check, because the other errors of such a request do not matter.
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const path = request.url.split('?', 1)[0] ?? '';
    const shown = pathOf(request.url);
    const here = [...known.values()].filter(({ pattern }) => pattern.test(path));
    const allowed = [...new Set(here.flatMap(({ methods }) => [...methods]))].sort();
    if (allowed.length === 0) {
      throw nothingAt(request.url);
    }
    reply.header('allow', allowed.join(', '));
    throw new HttpError(
      'METHOD_NOT_ALLOWED',
      `${shown} does not take ${request.method}; it takes ${allowed.join(' and ')}.`,
      { allowed },
    );
  });
}

function patternOf(url: string): RegExp {
  const escaped = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/:[a-z_]+/gi, '[^/]+')}$`);
}

/** Maximum length of a path in a sentence. The caller has the complete path. */
const MAX_SHOWN_PATH = 200;

/** The path of a URL without its query, cut for a sentence. */
export function pathOf(url: string): string {
  const path = url.split('?', 1)[0] ?? '';
  return path.length > MAX_SHOWN_PATH ? `${path.slice(0, MAX_SHOWN_PATH)}…` : path;
}

export function nothingAt(url: string): HttpError {
  return new HttpError(
    'NOT_FOUND',
    `Nothing is served at ${pathOf(url)}; /openapi.json has every path.`,
  );
}
