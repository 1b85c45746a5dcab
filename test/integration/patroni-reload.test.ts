import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const REPOSITORY = resolve(import.meta.dirname, '../..');
/** Ansible's own: it has PyYAML, as the nodes have. */
const PYTHON = join(REPOSITORY, '.tools/venv/bin/python3');
const PROGRAMS = ['common', 'patroni'].map((role) => `ansible/roles/${role}/programs`);

/** The reload of a node, with a Patroni and a PostgreSQL that behave as the first argument tells. */
const SCRIPT = `
import json, os, sys, tempfile
sys.path[:0] = json.loads(sys.argv[2])
import hathi_reload
from hathi_node import Problem
from hathi_patroni import Progress

case, calls = sys.argv[1], []
directory = tempfile.mkdtemp()
path = directory + '/postgresql.conf'
old, new = "work_mem = '4MB'", "work_mem = '6MB'"

def write(text):
    with open(path, 'w') as handle:
        handle.write(text)
    os.utime(path, ns=(0, os.stat(path).st_mtime_ns + 1))

write("port = '5432'\\n" + old + "\\ngone = 'x'\\n")

class Node:
    params = {'name': 'a-1', 'data_directory': directory, 'configuration_file': 'c'}
    def file(self, name):
        return {'content': 'postgresql: {parameters: {work_mem: 6MB, port: "5432"}}'}
    def run(self, words, **environment):
        calls.append('login')
        return (0 if accepts_logins() else 1), ''

def accepts_logins():
    return case != 'locked' or new in open(path).read()

class Service:
    def systemctl(self, *words):
        calls.append(' '.join(words))
    def last_words(self):
        return 'its log'

class Patroni:
    def reload_postgres(self, data_directory):
        calls.append('reload postgres')
    def wake(self, name):
        calls.append('wake')
        if case != 'stuck' and accepts_logins():
            write("port = '5432'\\n" + new + "\\n")

def place(node, path, content, owner, mode):
    calls.append('write')
    write(content)

hathi_reload.place_file = place
hathi_reload.LATE_SECONDS = hathi_reload.WAKE_SECONDS = 0.2
reload = hathi_reload.Reload(Node(), Service(), Patroni(), ['work_mem', 'gone'])
problem = None
try:
    reload.carry_out(lambda: case != 'down', Progress(0.5))
except Problem as error:
    problem = str(error)
print(json.dumps({'calls': calls, 'problem': problem, 'file': open(path).read()}))
`;

async function reload(behavior: string) {
  const folders = JSON.stringify(PROGRAMS.map((folder) => join(REPOSITORY, folder)));
  const { stdout } = await promisify(execFile)(PYTHON, ['-B', '-c', SCRIPT, behavior, folders]);
  return JSON.parse(stdout) as { calls: string[]; problem: string | null; file: string };
}

it('wakes Patroni, which would wait for its next loop otherwise', async () => {
  const { calls, problem } = await reload('works');
  expect(calls).toEqual(['reload patroni', 'reload postgres', 'wake']);
  expect(problem).toBeNull();
});

it('writes the values itself where PostgreSQL lets nobody in, then lets Patroni do it', async () => {
  const { calls, problem, file } = await reload('locked');
  expect(problem).toBeNull();
  expect(calls.slice(calls.indexOf('login'))).toEqual([
    'login',
    'write',
    'reload postgres',
    'reload patroni',
    'reload postgres',
    'wake',
  ]);
  expect(file).toBe("port = '5432'\nwork_mem = '6MB'\n");
});

it('fails where Patroni does not reload, so that the reload stays due', async () => {
  const { problem, file } = await reload('stuck');
  expect(problem).toMatch(/^Patroni on a-1 does not reload its configuration \(its log\)/);
  expect(file).toContain("work_mem = '4MB'");
});

it('does not wait for a PostgreSQL that is down: Patroni starts it with the new values', async () => {
  expect(await reload('down')).toMatchObject({ problem: null });
});
