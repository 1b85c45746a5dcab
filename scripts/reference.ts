/** Writes the reference pages from the code; `--check` compares them. */
import type { OpenAPIV3_1 } from 'openapi-types';
import { METRICS } from '../src/adapters/metrics/prometheus.ts';
import { SETTINGS } from '../src/config.ts';
import { CLUSTER_STATUSES } from '../src/core/cluster/cluster-status.ts';
import { CLUSTER_METRICS } from '../src/core/observation/cluster-metrics.ts';
import { PASSED } from '../src/environment.ts';
import { ERROR_GUIDE } from '../src/http/errors/error-guide.ts';
import { PROBLEM_CODES, type ProblemCode } from '../src/http/errors/http-error.ts';
import { STATUS_OF } from '../src/http/errors/problem.ts';
import { keepFiles } from './keep-files.ts';
import { openApiDocument } from './openapi.ts';
import { awsAttributeBlocks, readAwsAttributes, standInChanges } from './reference-aws.ts';
import { commandLineBlocks } from './reference-cli.ts';
import { eventBlocks } from './reference-events.ts';
import { describe, type Field, fieldsOf, type Json, listOf, typeOf } from './schema-table.ts';

const NOTE = '<!-- Written by scripts/reference.ts; change what it reads, not this page. -->';

export async function referenceFiles(): Promise<Map<string, string>> {
  const aws = readAwsAttributes();
  const document = await openApiDocument();
  return new Map([
    [
      'docs/reference/aws-attributes.md',
      page('Attributes of the AWS module', ...awsAttributeBlocks(aws)),
    ],
    ['test/aws/provider/schema/changes.json', standInChanges(aws)],
    ['docs/reference/configuration.md', configurationPage()],
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/metrics.md', metricsPage()],
    ['docs/reference/api.md', apiPage(document)],
    ['docs/reference/events.md', page('Events', ...eventBlocks(document))],
    ['docs/reference/cli.md', page('Command line', ...commandLineBlocks())],
  ]);
}

function configurationPage(): string {
  const rows = Object.entries(SETTINGS).map(
    ([name, setting]) => `| \`${name}\` | ${setting.default} | ${setting.description} |`,
  );
  return page(
    'Configuration',
    'All settings of the server are environment variables. If a value is invalid, the server does not start, and names the variable. An empty variable counts as not set.',
    ['| variable | default | description |', '| --- | --- | --- |', ...rows].join('\n'),
    '## Variables of other programs',
    'Hathi and the programs that it starts use these variables of the server. Every other variable has no effect on them, e.g. `LANG`, `PGOPTIONS`, `TF_LOG`, `ANSIBLE_CONFIG` or `PYTHONPATH`. The programs run with `LC_ALL=C.UTF-8` and receive no setting of Hathi.',
    [
      '| purpose | variables |',
      '| --- | --- |',
      ...PASSED.map(({ names, prefix, purpose }) => {
        const all = prefix === undefined ? names : [...names, `${prefix}<SERVICE>`];
        return `| ${purpose} | ${listOf(all)} |`;
      }),
    ].join('\n'),
    'Node.js itself reads `NODE_OPTIONS` and `NODE_EXTRA_CA_CERTS` before Hathi starts. A server in the background (`hathi serve --detach`) starts without them.',
    '`hathi cluster connect` starts psql with the environment of the command, without the variables that begin with `PG`.',
  );
}

function errorsPage(): string {
  const codes = Object.keys(PROBLEM_CODES) as ProblemCode[];
  return page(
    'Errors',
    'Every error response is an `application/problem+json` document (RFC 9457). `code` is one of the codes below, and its meaning never changes. `detail` states what failed, where, and what is valid. `errors` has an entry for each invalid field, with a JSON pointer as `path`. `GET /errors/<code>` returns the text of this page. A failed operation stores the same code.',
    ...codes.map((code) =>
      [
        `## ${code}`,
        '',
        PROBLEM_CODES[code],
        '',
        `- **Status**: ${STATUS_OF[code]}`,
        `- **Cause**: ${ERROR_GUIDE[code].cause}`,
        `- **Remedy**: ${ERROR_GUIDE[code].remedy}`,
      ].join('\n'),
    ),
  );
}

function allMetrics(): { name: string; help: string; labelNames: readonly string[] }[] {
  const observed = Object.entries(CLUSTER_METRICS).map(([name, metric]) => ({ name, ...metric }));
  return [...Object.values(METRICS), ...observed];
}

function metricsPage(): string {
  const rows = allMetrics().map(({ name, help, labelNames }) => {
    const labels = labelNames.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${labels || 'none'} | ${help} |`;
  });
  return page(
    'Metrics',
    '`GET /metrics` returns these metrics in the text format of Prometheus. Counters start at zero with the server. Gauges are read from the database at the time of the request, so each server on one database returns the same values.',
    ['| metric | labels | description |', '| --- | --- | --- |', ...rows].join('\n'),
    `\`status\` of a cluster is one of ${listOf(CLUSTER_STATUSES)}. \`route\` is the pattern of the path, without names; \`none\` is any unknown path.`,
    'The default metrics of a Node.js process are also included: `process_*` and `nodejs_*`.',
  );
}

function apiPage(document: OpenAPIV3_1.Document): string {
  const sections = (document.tags ?? []).map((tag) => {
    const routes = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
      Object.entries(item ?? {})
        .map(([method, route]) => ({ method, path, route: route as OpenAPIV3_1.OperationObject }))
        .filter(({ route }) => route.tags?.includes(tag.name)),
    );
    const shared = codesOf(routes[0]?.route ?? {}).filter((code) =>
      routes.every(({ route }) => codesOf(route).includes(code)),
    );
    const title = `${tag.name[0]?.toUpperCase()}${tag.name.slice(1)}`;
    return [
      `## ${title}`,
      tag.description ?? '',
      `Errors of every operation in this section: ${linksOf(shared)}.`,
      ...routes.map(({ method, path, route }) => routeSection(method, path, route, shared)),
    ].join('\n\n');
  });
  return page(
    'API',
    'The complete description is `openapi.json` in the repository and `/openapi.json` on a running server. A body is JSON. An unknown field is rejected. An empty body is the same as `{}`. The page [errors](errors.md) explains each error code.',
    ...sections,
  );
}

function routeSection(
  method: string,
  path: string,
  route: OpenAPIV3_1.OperationObject,
  sharedCodes: readonly string[],
): string {
  const ownCodes = codesOf(route).filter((code) => !sharedCodes.includes(code));
  const statuses = Object.entries(route.responses ?? {})
    .filter(([status]) => Number(status) < 400)
    .map(([status, response]) => `| ${status} | ${sharedResponse(response)} |`);
  return [
    `### ${method.toUpperCase()} ${path}`,
    '',
    [route.summary, route.description].filter(Boolean).join('. '),
    '',
    ...fieldRows(route),
    '| status | response |',
    '| --- | --- |',
    ...statuses,
    ...(ownCodes.length === 0 ? [] : ['', `Other errors: ${linksOf(ownCodes)}.`]),
  ].join('\n');
}

/** Tables of the parameters and of the body's fields; none without any. */
function fieldRows(route: OpenAPIV3_1.OperationObject): string[] {
  const parameters = (route.parameters ?? []) as OpenAPIV3_1.ParameterObject[];
  const body = route.requestBody as OpenAPIV3_1.RequestBodyObject | undefined;
  const schema = body?.content['application/json']?.schema as Json | undefined;
  const fields = schema ? fieldsOf(schema) : [];
  const rest = schema?.additionalProperties;
  if (typeof rest === 'object') {
    fields.push({ name: '<PostgreSQL parameter>', required: false, schema: rest as Json });
  }
  const places = [
    ...(['path', 'query', 'header'] as const).map((place) => ({
      title: `${place} parameter`,
      fields: parameters.filter((parameter) => parameter.in === place).map(fieldOf),
    })),
    { title: 'field', fields },
  ];
  return places
    .filter((place) => place.fields.length > 0)
    .flatMap((place) => [
      `| ${place.title} | type | description |`,
      '| --- | --- | --- |',
      ...place.fields.map(
        ({ name, required, schema }) =>
          `| \`${name}\`${required ? ' (required)' : ''} | ${typeOf(schema)} | ${describe(schema)} |`,
      ),
      '',
    ]);
}

function fieldOf(parameter: OpenAPIV3_1.ParameterObject): Field {
  const { name, required = false, description } = parameter;
  const schema = { description, ...(parameter.schema as Json) } as Json;
  return { name, required, schema };
}

function sharedResponse(
  response: OpenAPIV3_1.ResponseObject | OpenAPIV3_1.ReferenceObject,
): string {
  const { content, description } = response as OpenAPIV3_1.ResponseObject;
  const schema = Object.values(content ?? {})[0]?.schema as { $ref?: string } | undefined;
  const name = schema?.$ref?.split('/').at(-1);
  const text = description === 'Default Response' ? '' : description;
  return [name === undefined ? '' : `\`${name}\``, text].filter(Boolean).join(': ') || 'JSON';
}

function codesOf(route: OpenAPIV3_1.OperationObject): string[] {
  return Object.entries(route.responses ?? {})
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([, response]) => {
      const text = (response as OpenAPIV3_1.ResponseObject).description ?? '';
      return [...text.matchAll(/`([A-Z_]+)`:/g)].map(([, code]) => String(code));
    });
}

function linksOf(codes: readonly string[]): string {
  return codes.map((code) => `[${code}](errors.md#${code.toLowerCase()})`).join(', ');
}

function page(title: string, ...blocks: string[]): string {
  return `${[`# ${title}`, NOTE, ...blocks].join('\n\n')}\n`;
}

if (import.meta.main) await keepFiles(import.meta.filename, await referenceFiles());
