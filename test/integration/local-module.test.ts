import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as local from '../support/local-module.ts';
import { docker, type NodeInput, unwrapped } from '../support/local-module.ts';
import { enginesHere } from '../support/terraform-engines.ts';

const MINUTE_MS = 60_000;

const site = randomBytes(3).toString('hex');
/** Second octet of nobody's default; the third by chance, so that two runs side by side rarely meet. */
const thirdOctet = randomBytes(1)[0] ?? 0;
const subnetOf = (index: number) => `10.213.${(thirdOctet + index) % 256}.0/24`;
const addressIn = (index: number, host: number) => subnetOf(index).replace('.0/24', `.${host}`);
const box = (node: string) => `hathi-${site}-${node}`;
let image = '';
let home = '';

/** Id and start of each node's container: equal only where nobody made, restarted or replaced it. */
async function boxes(...names: string[]) {
  const format = '{{.Id}} {{.State.StartedAt}}';
  return (await docker('inspect', '-f', format, ...names.map(box))).split('\n');
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'hathi-local-module-'));
  image = await local.nodeImage();
}, 10 * MINUTE_MS);

afterAll(async () => {
  local.removeSite(site);
  await rm(home, { recursive: true });
}, MINUTE_MS);

describe.each(enginesHere())('the local module, by $name', ({ name: engine, path }) => {
  const orders = engine === 'tofu' ? 'orders-tofu' : 'orders';
  const invoices = engine === 'tofu' ? 'invoices-tofu' : 'invoices';
  const first = `${orders}-1`;
  const second = `${orders}-2`;
  const witness = `${orders}-3`;
  const fourth = `${orders}-4`;
  const nodes: Record<string, NodeInput> = {};
  let ports: number[] = [];

  const workspace = (
    cluster: string,
    subnet: string,
    of: Record<string, NodeInput>,
    operation = 'op-1',
  ) =>
    local.writeWorkspace(home, {
      site,
      cluster,
      operation_id: operation,
      image,
      subnet,
      nodes: of,
    });
  const terraform = (folder: string, ...args: string[]) => local.runEngine(path, folder, ...args);
  const onNode = (cluster: string, name: string, port: number, command: string) =>
    local.onNode(home, { cluster, name, port }, command);

  async function apply(folder: string, ...args: string[]) {
    const done = await terraform(folder, 'apply', '-auto-approve', '-no-color', ...args);
    if (done.code !== 0) throw new Error(done.text);
    return done.text;
  }

  const folder = () => join(home, orders, 'terraform');
  const portOf = (node: string) => (nodes[node] as NodeInput).ssh_port;

  beforeAll(async () => {
    ports = await local.freePorts(8);
    const [a, b, c, d, e] = ports as [number, number, number, number, number];
    nodes[first] = { address: addressIn(0, 11), ssh_port: a, postgres_port: b };
    nodes[second] = { address: addressIn(0, 12), ssh_port: c, postgres_port: d };
    nodes[witness] = { address: addressIn(0, 13), ssh_port: e };
    await workspace(orders, subnetOf(0), nodes);
    expect((await terraform(folder(), 'init', '-no-color')).code).toBe(0);
  });

  afterAll(() => local.removeSite(site));

  test('refuses bad input, as its own tests show', async () => {
    const copy = join(home, `module-${engine}`);
    await cp(local.LOCAL_MODULE, copy, { recursive: true });
    await terraform(copy, 'init', '-no-color');
    const done = await terraform(copy, 'test', '-no-color');
    expect(done, done.text).toMatchObject({ code: 0 });
    expect(done.text).toMatch(/\d+ passed, 0 failed/);
  });

  test('makes two nodes and a witness that answer with the host keys they were given', async () => {
    await apply(folder());
    for (const node of [first, second, witness]) {
      expect(
        await onNode(orders, node, portOf(node), 'hostname; systemctl is-system-running --wait'),
      ).toBe(`${node}\nrunning`);
    }
    const { text } = await terraform(folder(), 'output', '-json', 'nodes');
    const [address, port] = [nodes[witness]?.address, portOf(witness)];
    expect(JSON.parse(text)[witness]).toEqual({
      name: witness,
      address,
      subnet: subnetOf(0),
      ssh_host: '127.0.0.1',
      ssh_port: port,
      postgres_host: null,
      postgres_port: null,
    });
    const labels = JSON.parse(await docker('inspect', '-f', '{{json .Config.Labels}}', box(first)));
    expect(labels).toMatchObject({
      'hathi.site': site,
      'hathi.cluster': orders,
      'hathi.node': first,
      'hathi.operation': 'op-1',
    });
  });

  test('has PostgreSQL, Patroni and etcd on the nodes, none of them running', async () => {
    const units = 'postgresql patroni etcd';
    const states = await onNode(orders, first, portOf(first), `systemctl is-active ${units}; true`);
    expect(states.split('\n')).toEqual(['inactive', 'inactive', 'inactive']);
    expect(await onNode(orders, first, portOf(first), 'ls -A /var/lib/postgresql')).toBe('');
    expect(await onNode(orders, first, portOf(first), 'patroni --version')).toMatch(/^patroni 4\./);
  });

  test('lets no node put a program into the kernel that it shares', async () => {
    const ask = [
      'import ctypes, os, platform',
      "number = {'x86_64': 321, 'aarch64': 280}[platform.machine()]",
      'library = ctypes.CDLL(None, use_errno=True)',
      'library.syscall(number, 0, 0, 0)',
      'print(os.strerror(ctypes.get_errno()))',
    ].join('; ');
    const said = await onNode(orders, first, portOf(first), `python3 -c "${ask}"`);
    const filtered = (await docker('info', '-f', '{{.SecurityOptions}}')).includes('name=seccomp');
    // Without the filter bpf(2) dislikes the arguments instead.
    expect(said).toBe(filtered ? 'Operation not permitted' : 'Invalid argument');
  });

  test('keeps every private key out of the state', async () => {
    const state = await readFile(join(folder(), 'terraform.tfstate'), 'utf8');
    const key = await readFile(local.hostKeyFile(home, orders, first), 'utf8');
    for (const line of key.split('\n').filter((line) => line.length > 20)) {
      expect(state).not.toContain(line);
    }
    expect(state).not.toContain('PRIVATE KEY');
  });

  test('finds nothing to change, also for another operation', async () => {
    await workspace(orders, subnetOf(0), nodes, 'op-2');
    const plan = await terraform(folder(), 'plan', '-no-color', '-detailed-exitcode');
    expect(plan, plan.text).toMatchObject({ code: 0 });
  });

  test.each([
    ['vanished', ['rm', '-f', '-v']],
    ['was killed', ['kill']],
  ])('makes a node that %s again, and no other', async (_, command) => {
    const before = await boxes(first, witness);
    const old = (await boxes(second))[0];
    await docker(...command, box(second));
    await apply(folder(), `-replace=module.cluster.terraform_data.node["${second}"]`);
    expect(await boxes(first, witness)).toEqual(before);
    expect((await boxes(second))[0]).not.toBe(old);
    expect(await onNode(orders, second, portOf(second), 'hostname')).toBe(second);
  });

  test('adopts the nodes of a run whose state was lost', async () => {
    const before = await boxes(first, second, witness);
    await rm(join(folder(), 'terraform.tfstate'));
    expect(await apply(folder())).toContain(`${first}: adopted`);
    expect(await boxes(first, second, witness)).toEqual(before);
  });

  test('refuses a container that was made otherwise, then a port that is taken', async () => {
    const before = await boxes(first, second, witness);
    const [port, taken] = ports.slice(5) as [number, number];
    const more = { ...nodes, [fourth]: { address: addressIn(0, 14), ssh_port: port } };
    await workspace(orders, subnetOf(0), more);
    await docker('create', '--name', box(fourth), '--label', `hathi.site=${site}`, image);
    const refused = await terraform(folder(), 'apply', '-auto-approve', '-no-color');
    expect(refused.code).toBe(1);
    expect(unwrapped(refused.text)).toContain(`docker rm -f -v ${box(fourth)}`);
    await docker('rm', '-f', '-v', box(fourth));

    const server = createServer().listen(taken, '127.0.0.1');
    try {
      more[fourth] = { address: addressIn(0, 14), ssh_port: taken };
      await workspace(orders, subnetOf(0), more);
      const failed = await terraform(folder(), 'apply', '-auto-approve', '-no-color');
      expect(failed.code).toBe(1);
      expect(failed.text).toContain(`${fourth}:`);
      expect(failed.text).toContain(String(taken));
      expect(await docker('ps', '-aq', '--filter', `name=^${box(fourth)}$`)).toBe('');
    } finally {
      server.close();
    }
    expect(await boxes(first, second, witness)).toEqual(before);
  });

  test('grows by one node and shrinks again, and touches no other', async () => {
    const before = await boxes(first, second, witness);
    await apply(folder());
    expect(await boxes(first, second, witness)).toEqual(before);
    const port = ports[6] as number;
    expect(await onNode(orders, fourth, port, 'hostname')).toBe(fourth);
    await workspace(orders, subnetOf(0), nodes);
    await apply(folder());
    expect(await docker('ps', '-aq', '--filter', `name=^${box(fourth)}$`)).toBe('');
    expect(await boxes(first, second, witness)).toEqual(before);
  });

  test('makes a second cluster side by side, in a network of its own', async () => {
    const before = await boxes(first, second, witness);
    const node = `${invoices}-1`;
    const port = ports[7] as number;
    const other = { [node]: { address: addressIn(0, 11), ssh_port: port } };
    const there = await workspace(invoices, subnetOf(0), other);
    await terraform(there, 'init', '-no-color');
    const refused = await terraform(there, 'apply', '-auto-approve', '-no-color');
    expect(refused.code).toBe(1);
    expect(unwrapped(refused.text)).toContain('overlaps with a network that Docker has');
    expect(refused.text).toContain(`hathi-${site}-${orders} ${subnetOf(0)}`);

    other[node] = { address: addressIn(1, 11), ssh_port: port };
    await workspace(invoices, subnetOf(1), other);
    await apply(there);
    expect(await onNode(invoices, node, port, 'hostname')).toBe(node);
    expect((await terraform(there, 'destroy', '-auto-approve', '-no-color')).code).toBe(0);
    expect(await boxes(first, second, witness)).toEqual(before);
  });

  test('leaves nothing in Docker when destroyed, also where a node is gone already', async () => {
    const mounts = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}';
    const volumes = (await docker('inspect', '-f', mounts, box(first), box(witness))).split(/\s+/);
    expect(volumes).toHaveLength(4);
    await docker('rm', '-f', '-v', box(second));
    const done = await terraform(folder(), 'destroy', '-auto-approve', '-no-color');
    expect(done, done.text).toMatchObject({ code: 0 });
    const label = ['--filter', `label=hathi.site=${site}`];
    expect(await docker('ps', '-aq', ...label)).toBe('');
    expect(await docker('network', 'ls', '-q', ...label)).toBe('');
    const left = (await docker('volume', 'ls', '-q')).split('\n');
    expect(left.filter((volume) => volumes.includes(volume))).toEqual([]);
  });
});
