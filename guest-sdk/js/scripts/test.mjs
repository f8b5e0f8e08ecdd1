// Compares the declarations with the contract, checks the tests' types, and runs test/*.test.ts by the SDK's own command against
// dist/, which must be there.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
// Examples of the README that are modules, to be checked with the tests. The test command fills build/test alone.
const examples = join(root, 'build/readme');
rmSync(examples, { recursive: true, force: true });
mkdirSync(examples, { recursive: true });
const blocks = readFileSync(join(root, 'README.md'), 'utf8').matchAll(/(?:<!-- file: (\S+) -->\n)?```ts\n(import [^]*?)```/g);
for (const [index, [, name, text]] of [...blocks].entries()) {
  writeFileSync(join(examples, name ?? `example-${index}.ts`), text);
}
for (const args of [
  [join(root, 'scripts/generate.mjs'), '--check'],
  [compiler, '--noEmit', '--project', join(root, 'tsconfig.test.json')],
  [join(root, 'bin/appflow-connector.js'), 'test', ...process.argv.slice(2)],
]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}
