/** Writes the reference pages from what the server itself says; `--check` compares. */
import type { OpenAPIV3_1 } from 'openapi-types';
import { METRICS } from '../src/adapters/metrics/prometheus.ts';
import { SETTINGS } from '../src/config.ts';
import { CLUSTER_STATUSES } from '../src/core/cluster/cluster-status.ts';
import { ERROR_CODES, type ErrorCode } from '../src/core/errors.ts';
import { ERROR_GUIDE } from '../src/http/error-guide.ts';
import { STATUS_OF } from '../src/http/problem.ts';
import { keepFiles } from './keep-files.ts';
import { openApiDocument } from './openapi.ts';
import { awsAttributeBlocks, readAwsAttributes, standInChanges } from './reference-aws.ts';
import { commandLineBlocks } from './reference-cli.ts';

const NOTE = '<!-- Written by scripts/reference.ts; change what it reads, not this page. -->';

export async function referenceFiles(): Promise<Map<string, string>> {
  const aws = readAwsAttributes();
  return new Map([
    [
      'docs/reference/aws-attributes.md',
      page('Attributes of the AWS module', ...awsAttributeBlocks(aws)),
    ],
    ['test/aws/provider/schema/changes.json', standInChanges(aws)],
    ['docs/reference/configuration.md', configurationPage()],
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/metrics.md', metricsPage()],
    ['docs/reference/api.md', apiPage(await openApiDocument())],
    ['docs/reference/cli.md', page('Command line', ...commandLineBlocks())],
  ]);
}

function configurationPage(): string {
  const rows = Object.entries(SETTINGS).map(
    ([name, setting]) => `| \`${name}\` | ${setting.default} | ${setting.description} |`,
  );
  return page(
    'Configuration',
    'The server takes its settings from its environment and from nowhere else. It refuses to start when one is wrong, naming the variable. An empty variable counts as not set.',
    ['| variable | default | what it sets |', '| --- | --- | --- |', ...rows].join('\n'),
    'The programs that Hathi runs see `PATH`, `HOME`, the locale, the proxy variables, and all that begins with `DOCKER_` or `AWS_`; nothing else of the environment of the server, and none of its settings.',
  );
}

function errorsPage(): string {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  return page(
    'Errors',
    'Every error is answered as `application/problem+json` (RFC 9457). `code` is one of the codes below and never changes its meaning; `detail` says what was wrong this time, where, and what would be right; `errors` has an entry for each wrong field, with a JSON pointer as `path`. `GET /errors/<code>` answers the text of this page. An operation that fails stores the same code.',
    ...codes.map((code) =>
      [
        `## ${code}`,
        '',
        ERROR_CODES[code],
        '',
        `- **Status**: ${STATUS_OF[code]}`,
        `- **Cause**: ${ERROR_GUIDE[code].cause}`,
        `- **Remedy**: ${ERROR_GUIDE[code].remedy}`,
      ].join('\n'),
    ),
  );
}

function metricsPage(): string {
  const rows = Object.values(METRICS).map(({ name, help, labelNames }) => {
    const labels = labelNames.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${labels || 'none'} | ${help} |`;
  });
  return page(
    'Metrics',
    '`GET /metrics` shows these, in the text format of Prometheus. What is counted is counted since the start of the server; what stands is asked of the database at the moment of asking, so that each server on one database shows the same.',
    ['| metric | labels | what it is |', '| --- | --- | --- |', ...rows].join('\n'),
    `\`status\` of a cluster is one of ${listOf(CLUSTER_STATUSES)}. \`route\` is the pattern of a path, with the names left out; \`none\` stands for paths that nothing is served at.`,
    'Beside them is what any Node process shows: `process_*` and `nodejs_*`.',
  );
}

function listOf(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
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
      `Errors of each: ${linksOf(shared)}.`,
      ...routes.map(({ method, path, route }) => routeSection(method, path, route, shared)),
    ].join('\n\n');
  });
  return page(
    'API',
    'The whole description is `openapi.json` in the repository and `/openapi.json` on a running server. A body is JSON, an unknown field is refused, and an empty body stands for `{}`. What each error code means is on the page of [errors](errors.md).',
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
    .map(([status, response]) => `| ${status} | ${answerOf(response)} |`);
  return [
    `### ${method.toUpperCase()} ${path}`,
    '',
    [route.summary, route.description].filter(Boolean).join('. '),
    '',
    ...fieldRows(route),
    '| status | answer |',
    '| --- | --- |',
    ...statuses,
    ...(ownCodes.length === 0 ? [] : ['', `Errors besides: ${linksOf(ownCodes)}.`]),
  ].join('\n');
}

type Json = OpenAPIV3_1.SchemaObject;

function fieldRows(route: OpenAPIV3_1.OperationObject): string[] {
  const body = route.requestBody as OpenAPIV3_1.RequestBodyObject | undefined;
  const schema = body?.content['application/json']?.schema as Json | undefined;
  const rows = Object.entries(schema?.properties ?? {}).map(([name, field]) => {
    const required = schema?.required?.includes(name) ? ' (required)' : '';
    return `| \`${name}\`${required} | ${describe(field as Json)} |`;
  });
  if (typeof schema?.additionalProperties === 'object') {
    rows.push('| any PostgreSQL parameter | a string, a number, or true or false |');
  }
  if (rows.length === 0) return [];
  return ['| field | value |', '| --- | --- |', ...rows, ''];
}

function describe(field: Json): string {
  const parts = [
    field.description ?? '',
    field.enum ? `One of ${field.enum.map((value) => `\`${value}\``).join(', ')}.` : '',
    field.anyOf?.every((part) => 'const' in part)
      ? `One of ${field.anyOf.map((part) => `\`${(part as Json).const}\``).join(', ')}.`
      : '',
    field.minimum !== undefined && (field.maximum ?? Infinity) < Number.MAX_SAFE_INTEGER
      ? `A whole number from ${field.minimum} to ${field.maximum}.`
      : '',
    field.pattern ? `Matches \`${field.pattern.replaceAll('|', '\\|')}\`.` : '',
    field.type === 'array' ? 'A list of networks, e.g. `10.0.0.0/8`.' : '',
    field.default === undefined ? '' : `Default \`${field.default}\`.`,
  ];
  return parts.filter(Boolean).join(' ') || 'A string.';
}

function answerOf(response: OpenAPIV3_1.ResponseObject | OpenAPIV3_1.ReferenceObject): string {
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
