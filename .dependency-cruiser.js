/**
 * Who may import whom. Each room is listed with the only things that it may import; anything
 * else is a violation. `node scripts/check/import-rules.ts` runs it, and its test plants one
 * violation of each rule.
 *
 *   services, stages → shared → ports, core
 *   cli, web → clients/typescript ⇢ HTTP ⇢ http → services → ports → core
 *                                        engine → stages  → ports → core
 *                                               observer → shared → ports, core
 *              adapters/*, targets/* → ports, core, and of each other only adapters/process
 *                        main.ts → composition → all        core → nothing but zod
 */

/** Tests stand beside their file and may reach anywhere. */
const TEST = '\\.test\\.tsx?$';
const NPM = ['npm', 'npm-dev', 'npm-peer', 'npm-optional', 'npm-no-pkg', 'npm-unknown'];
const ZOD = '(^|/)node_modules/zod/';
const ADAPTER = '^src/adapters/([^/]+)/';
const TARGET = '^src/targets/([^/]+)/';
const MAIN = '^src/main\\.ts$';
const COMPOSITION = '^src/composition/';
const CONFIG = '^src/(config|environment)\\.ts$';

/** A room may import only paths of ours that match one of `allowed`; packages are another rule. */
const room = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: TEST },
  // What cannot be found is the compiler's to say.
  to: { pathNot: allowed, dependencyTypesNot: ['core', ...NPM], couldNotResolve: false },
});

export default {
  forbidden: [
    {
      name: 'core-is-pure',
      comment: 'core has no I/O: it imports core and zod, nothing of Node and no other package.',
      severity: 'error',
      from: { path: '^src/core/', pathNot: TEST },
      to: { pathNot: ['^src/core/', ZOD] },
    },
    room('ports-know-core', '^src/ports/', ['^src/(ports|core)/'], 'ports are types over core.'),
    room(
      'shared-uses-ports',
      '^src/shared/',
      ['^src/(shared|ports|core)/'],
      'What stages and services have in common is above ports, and below both.',
    ),
    room(
      'stages-use-ports',
      '^src/stages/',
      ['^src/(stages|shared|ports|core)/'],
      'A stage says what must happen; how a tool says it is behind a port.',
    ),
    room(
      'services-use-ports',
      '^src/services/',
      ['^src/(services|shared|ports|core)/'],
      'A use case knows neither HTTP nor an adapter.',
    ),
    room(
      'engine-runs-stages',
      '^src/engine/',
      ['^src/(engine|stages|ports|core)/'],
      'The engine runs stages over ports.',
    ),
    room(
      'observer-uses-ports',
      '^src/observer/',
      ['^src/(observer|shared|ports|core)/'],
      'The observer reaches nodes, targets and the database over ports.',
    ),
    room(
      'http-asks-services',
      '^src/http/',
      ['^src/(http|services|ports|core)/'],
      'A route turns bytes into a call of a service and back, nothing more.',
    ),
    room(
      'adapters-implement-ports',
      '^src/adapters/',
      ['^src/adapters/', '^src/(ports|core)/'],
      'An adapter implements a port.',
    ),
    {
      name: 'adapters-stay-apart',
      comment: 'Of the other adapters one may import only process/, where the spawning is.',
      severity: 'error',
      from: { path: ADAPTER, pathNot: TEST },
      to: { path: '^src/adapters/', pathNot: ['^src/adapters/(process|$1)/'] },
    },
    room(
      'targets-implement-ports',
      '^src/targets/',
      ['^src/(targets|ports|core)/', '^src/adapters/process/'],
      'A target implements one port, with processes of its own.',
    ),
    {
      name: 'targets-stay-apart',
      comment: 'A target knows no other one. The files beside their folders list all of them.',
      severity: 'error',
      from: { path: TARGET, pathNot: TEST },
      to: { path: TARGET, pathNot: ['^src/targets/$1/'] },
    },
    {
      name: 'targets-are-behind-their-port',
      comment:
        'Only composition creates targets. config.ts and the scripts read their names and settings.',
      severity: 'error',
      from: { path: '^(src|clients)/', pathNot: [COMPOSITION, '^src/targets/', CONFIG, TEST] },
      to: { path: '^src/targets/' },
    },
    room(
      'cli-is-a-client',
      '^src/cli/',
      ['^src/cli/', '^src/config\\.ts$', MAIN, '^clients/typescript/(src/)?index\\.ts$'],
      'The command line speaks HTTP, as any client does.',
    ),
    {
      name: 'main-is-the-end',
      comment: 'main.ts is the entry point: only the two commands that start a server import it.',
      severity: 'error',
      from: { pathNot: ['^src/cli/commands/(serve|doctor)\\.ts$', '^(scripts|test|bench)/', TEST] },
      to: { path: MAIN },
    },
    room(
      'main-only-starts',
      MAIN,
      ['^src/composition/', CONFIG, '^src/core/', '^src/adapters/process/'],
      'main.ts starts what composition has wired.',
    ),
    {
      name: 'composition-is-the-top',
      comment: 'composition wires everything, so only main.ts and tests import it.',
      severity: 'error',
      from: { pathNot: [MAIN, COMPOSITION, '^(scripts|test|bench)/', TEST] },
      to: { path: COMPOSITION },
    },
    {
      name: 'config-at-the-edge',
      comment:
        'Only main.ts, composition and the command line use the configuration; others get values.',
      severity: 'error',
      from: { pathNot: [MAIN, COMPOSITION, CONFIG, '^src/cli/', '^(scripts|test|bench)/', TEST] },
      to: { path: CONFIG },
    },
    room(
      'config-stands-alone',
      CONFIG,
      ['^src/core/', '^src/environment\\.ts$', '^src/targets/configuration\\.ts$'],
      'config.ts turns the environment into values of core.',
    ),
    room(
      'web-is-a-client',
      '^web/',
      ['^web/', '^clients/typescript/'],
      'The console is a client and copies no rule of the server.',
    ),
    room(
      'client-stands-alone',
      '^clients/typescript/',
      ['^clients/typescript/'],
      'The client is generated from openapi.json and works without this repository.',
    ),
    {
      name: 'spawn-in-one-place',
      comment:
        'Processes start in adapters/process; of the commands, connect starts psql and open a browser.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/adapters/process/', '^src/cli/commands/(connect|open)\\.ts$', TEST],
      },
      to: { dependencyTypes: ['core'], path: '^(node:)?child_process$' },
    },
    {
      name: 'product-needs-no-test',
      comment: 'What is shipped imports nothing of tests, benchmarks or scripts.',
      severity: 'error',
      from: { path: '^(src|web|clients)/', pathNot: TEST },
      to: { path: ['^(test|bench|scripts)/', TEST] },
    },
    {
      name: 'no-circular',
      comment: 'Modules that import each other are one module in two files.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.tools|\\.hathi)/' },
    // Type-only imports count: they bind rooms to each other as values do.
    tsPreCompilationDeps: true,
    // The parser has to be named: TypeScript 7 has no JavaScript API, and without swc the tool
    // looks at nothing and passes.
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
    },
  },
};
