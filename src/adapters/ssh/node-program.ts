import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MAIN = 'hathi_node.session.__main__';
/** The dispatcher imports a verb by its name at run time. */
const VERBS = ['etcd_remove', 'isolate', 'leader_lease', 'rejoin', 'switchover'].map(
  (verb) => `hathi_node.verbs.${verb}`,
);

/** Reads the program in one piece: a buffered reader would take lines that follow it. */
const LOADER = `import json, os, sys
size, data = int(sys.argv[1]), b""
while len(data) < size:
    chunk = os.read(0, size - len(data))
    if not chunk: sys.exit(1)
    data += chunk
payload = json.loads(data)
exec(payload["start"])`;

/** Creates each module before those that import it. */
const START = `import types
for name, source in payload['modules']:
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = []
    exec(compile(source, name.replace('.', '/') + '.py', 'exec'), module.__dict__)
sys.modules['${MAIN}'].main(payload['settings'])`;

const IMPORTED = /^(?:from|import) (hathi_node[.\w]*)/gm;

/** The program that runs on a node, made from the package `node/`. */
export interface NodeProgram {
  /** Shell command that waits for `input(…)` on its stdin. */
  command(bytes: number, asRoot: boolean): string;
  /** First bytes of the stdin. */
  input(settings: object): Buffer;
}

/** @param assetsRoot absolute path of the folder that contains `node/` */
export function createNodeProgram(assetsRoot: string): NodeProgram {
  const modules = [...modulesOf(join(assetsRoot, 'node'), [MAIN, ...VERBS])];
  return {
    command: (bytes, asRoot) =>
      `exec ${asRoot ? '' : 'sudo -n '}/usr/bin/python3 -c '${LOADER}' ${bytes}`,
    input: (settings) => Buffer.from(JSON.stringify({ start: START, modules, settings })),
  };
}

/** Name and source of the modules and of all that they import, each after its own imports. */
function modulesOf(folder: string, wanted: readonly string[]): Map<string, string> {
  const ordered = new Map<string, string>();
  const add = (name: string): void => {
    if (ordered.has(name)) return;
    const source = sourceOf(folder, name);
    const parent = name.split('.').slice(0, -1).join('.');
    if (parent !== '') add(parent);
    for (const [, imported = ''] of source.matchAll(IMPORTED)) add(imported);
    ordered.set(name, source);
  };
  for (const name of wanted) add(name);
  return ordered;
}

function sourceOf(folder: string, name: string): string {
  const path = join(folder, ...name.split('.'));
  try {
    return readFileSync(`${path}.py`, 'utf8');
  } catch {
    return readFileSync(join(path, '__init__.py'), 'utf8');
  }
}
