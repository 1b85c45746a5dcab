import type { FastifyPluginAsync } from 'fastify';
import type { Cluster } from '../../core/cluster/cluster.ts';
import type { ClusterService } from '../../services/clusters/cluster-service.ts';
import type { ReadinessCheck, ReadinessService } from '../../services/server/readiness-service.ts';
import { isAuthorized } from '../server/access.ts';
import { DOCS_PATH } from './docs.ts';

export interface StartPageRoutes {
  clusters: ClusterService;
  readiness: ReadinessService;
}

/** Number of clusters on the page; `GET /api/v1/clusters` returns all clusters. */
const MOST_CLUSTERS = 50;

/** The page loads no file and runs no script: it is text with one embedded style sheet. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid #8884; }
  code { background: #8882; padding: .1rem .3rem; border-radius: .2rem; }
  :root { color-scheme: light dark; }
`;

/** The page at the address of the server in a browser. */
export const startPageRoutes: FastifyPluginAsync<StartPageRoutes> = async (app, services) => {
  app.get('/', { schema: { hide: true } as never }, async (request, reply) => {
    const page = (await isAuthorized(request)) ? await overview(services) : WITHOUT_TOKEN;
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', POLICY)
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-store')
      .send(documentOf(page));
  });
};

const WITHOUT_TOKEN = `<p>This server requires a token. Send it as <code>Authorization: Bearer &lt;token&gt;</code>, or set
<code>HATHI_TOKEN</code> for the command line.</p>`;

async function overview({ clusters, readiness }: StartPageRoutes): Promise<string> {
  const checks = await readiness.checks();
  // Without its database the server cannot list clusters, but it can still report what is missing.
  const listed = await clusters.list({ limit: MOST_CLUSTERS }).catch(() => null);
  return `${readinessOf(checks)}
<h2>Clusters</h2>
${listed === null ? '<p>The clusters cannot be read.</p>' : clusterTable(listed.entries)}`;
}

function readinessOf(checks: readonly ReadinessCheck[]): string {
  const missing = checks.filter(({ ready }) => !ready);
  if (missing.length === 0) return '<p>The server is ready.</p>';
  const rows = missing.map(
    ({ name, message }) => `<li>${escapeHtml(name)}: ${escapeHtml(message)}</li>`,
  );
  return `<p>The server is not ready.</p>\n<ul>${rows.join('\n')}</ul>`;
}

function clusterTable(clusters: readonly Cluster[]): string {
  if (clusters.length === 0) {
    return '<p>There are no clusters. Create one with <code>hathi cluster create orders</code>.</p>';
  }
  const rows = clusters.map(({ name, status, spec }) => {
    const cells = [name, status, spec.target, String(spec.replica_count), spec.postgres_version];
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
  });
  return `<table>
<tr><th>name</th><th>status</th><th>target</th><th>replicas</th><th>PostgreSQL</th></tr>
${rows.join('\n')}
</table>`;
}

function documentOf(content: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Hathi</title><style>${STYLE}</style></head>
<body>
<h1>Hathi</h1>
<p>A control plane for PostgreSQL that verifies replication.</p>
${content}
<p><a href="${DOCS_PATH}">API documentation</a> · <a href="/openapi.json">openapi.json</a></p>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
