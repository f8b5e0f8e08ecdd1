import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

// The test runs in the package's own folder.
const root = process.cwd();
const work = mkdtempSync(join(tmpdir(), 'appflow-connector-test-'));
after(() => rmSync(work, { recursive: true }));
mkdirSync(join(work, 'node_modules/@appflow-wasm'), { recursive: true });
symlinkSync(root, join(work, 'node_modules/@appflow-wasm/connector'));

let count = 0;

/** Runs the command in a folder with these files. */
function run(files: Record<string, string>, ...args: string[]) {
  count += 1;
  const folder = join(work, `case-${count}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  mkdirSync(folder, { recursive: true });
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/appflow-connector.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    // Tests within tests would report to the outer ones.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  return { folder, status, stdout, stderr };
}

const connector = (query: string, before = '') => `
import { connector } from '@appflow-wasm/connector';
${before}
export default connector({
  configuration: { describe: () => ({ owner: 'E', name: 'N', version: '1' }), validateCredentials() {} },
  metadata: { listEntities: () => [], describeEntity: (context, entity) => ({ entity, fields: [] }) },
  source: { ${query} },
});`;

const good = connector('query: () => undefined');

test('a component is made of TypeScript, a package and a manifest of npm', () => {
  const { folder, status, stdout, stderr } = run({
    'src/connector.ts': connector('query: (): undefined => { left(3 as number); }', "import { left } from 'pad';"),
    'node_modules/pad/package.json': '{"name":"pad","main":"./index.js"}',
    'node_modules/pad/index.js': 'exports.left = (n) => " ".repeat(n);',
    'package.json': '{"appflow":{"engine":"quickjs"}}',
  }, 'build', '-o', 'made.wasm');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^made\.wasm: \d+ KB, quickjs, world source-connector\n$/);
  assert.deepEqual([...readFileSync(join(folder, 'made.wasm')).subarray(0, 8)], [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
});

test('what cannot become a connector is refused in words, before an engine sees it', () => {
  const build = (source: string, ...args: string[]) => run({ 'connector.ts': source }, 'build', ...args).stderr;
  for (const [stderr, message] of [
    [run({}, 'build').stderr, 'there is no src/connector.ts, src/connector.js, connector.ts, connector.js in'],
    [build(good, 'other.js'), 'there is no other.js'],
    [build(good, '--engine', 'v8'), "there is no engine 'v8'; there are starlingmonkey and quickjs"],
    [build(good, '--engin', 'v8'), "Unknown option '--engin'"],
    [build('export const source = {};'), 'No matching export'],
    [build('export default 7;'), 'connector.ts must export the connector by default'],
    [build('export default { configuration: {}, metadata: {} };'), "the connector's 'configuration' has no 'describe'"],
    [build(good.replace('query:', 'qurey:')), "the connector cannot be loaded: connector({...}): 'source' needs a method 'query'"],
    [build(`${good}\nthrow new Error("at the top");`), 'the connector cannot be loaded: at the top'],
    [build('const = 1;'), 'connector.ts:1: Expected identifier'],
    [build(`import { readFileSync } from 'node:fs';\n${good}\nreadFileSync('x');`), "connector.ts:1: 'node:fs' is a module of Node.js"],
    [build(`import net from 'net';\n${good}\nnet.connect();`), "'net' is a module of Node.js"],
    [build(`import 'no-such-package';\n${good}`), 'Could not resolve "no-such-package"'],
    [build(connector('async query() {}'), '--engine', 'quickjs'), 'QuickJS does not wait for promises, and source.query is async'],
    [run({ 'connector.js': good, 'package.json': '{' }, 'build').stderr, 'is not JSON'],
    [run({ 'connector.js': good, 'package.json': '{"appflow":{"engine":"v8"}}' }, 'build').stderr, '"appflow.engine" of package.json must be'],
    [run({}, 'bulid').stderr, "there is no command 'bulid'"],
    [run({}, 'test').stderr, 'there is no *.test.ts'],
  ] as const) {
    assert.ok(stderr.startsWith('appflow-connector: ') && stderr.includes(message), `${message}\n${stderr}`);
  }
});

test('tests are run, and fail where they fail', () => {
  const test = (expected: number) => `
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '@appflow-wasm/connector/testing';
import connector from './connector.js';
test('it', async () => assert.equal((await new FakeHost().serve(connector).query('x')).records.length, ${expected}));`;
  const passing = run({ 'src/connector.ts': good, 'src/it.test.ts': test(0) }, 'test');
  assert.equal(passing.status, 0, passing.stdout);
  assert.match(passing.stdout, /# pass 1/);
  const failing = run({ 'src/connector.ts': good, 'src/it.test.ts': test(1) }, 'test');
  assert.equal(failing.status, 1);
  assert.match(failing.stdout, /it\.test\.ts/, 'the place in the source');
});
