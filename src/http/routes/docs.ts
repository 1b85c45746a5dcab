import swaggerUi from '@fastify/swagger-ui';
import type { FastifyPluginAsync, FastifyReply, RouteOptions } from 'fastify';

/** Path of the reference page. */
export const DOCS_PATH = '/docs';

/**
 * The page loads files only from this server and sends requests only to it. Swagger UI writes
 * styles into its elements, so only styles may be inline.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The reference page with all its files, so that it works without a network. */
export const docsRoutes: FastifyPluginAsync = async (app) => {
  app.addHook('onRoute', hide);
  app.addHook('onSend', async (_request, reply: FastifyReply) => {
    reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
  });
  await app.register(swaggerUi, {
    routePrefix: DOCS_PATH,
    staticCSP: POLICY,
    theme: { title: 'Hathi: the API' },
    // Requests from the page are sent to the origin of the page.
    transformSpecification: (description) => ({ ...description, servers: [{ url: '/' }] }),
    transformSpecificationClone: false,
    uiConfig: {
      // Hides the bar that loads other descriptions.
      layout: 'BaseLayout',
      docExpansion: 'list',
      displayOperationId: true,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      // The URL of the page contains the selected operation, so that it can be shared.
      deepLinking: true,
    },
  });
};

/** The files of the page are not part of the API. */
function hide(route: RouteOptions): void {
  route.schema = { ...route.schema, hide: true } as never;
}
