import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../src/adapters/process/run-command.ts';

const PYTHON = join(import.meta.dirname, '../../.tools/fuzz-venv/bin/python');

/** Prometheus' own parser, of its Python client. */
const PARSE = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
print(json.dumps([
    {'name': family.name, 'type': family.type, 'help': family.documentation, 'unit': family.unit,
     'samples': [{'name': s.name, 'labels': s.labels, 'value': s.value} for s in family.samples]}
    for family in text_string_to_metric_families(sys.stdin.read())
]))`;

export interface MetricFamily {
  /** Without the `_total` of a counter. */
  name: string;
  type: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

/** @throws when the text is not what Prometheus reads, or its parser is not installed */
export async function parseMetrics(text: string): Promise<MetricFamily[]> {
  if (!existsSync(PYTHON)) throw new Error('The parser of Prometheus is missing: make fuzz-venv');
  const result = await runCommand(PYTHON, ['-c', PARSE], {
    env: {},
    timeoutSeconds: 30,
    input: text,
  });
  if (result.exitCode !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout) as MetricFamily[];
}
