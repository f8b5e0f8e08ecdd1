// Fills dist/: the SDK as JavaScript with its declarations, and the contract that components are made against.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

rmSync(dist, { recursive: true, force: true });
for (const project of ['tsconfig.json', 'tsconfig.node.json']) {
  const run = spawnSync(process.execPath, [compiler, '--project', join(root, project)], { stdio: 'inherit' });
  if (run.status !== 0) {
    process.exit(1);
  }
}
// The compiler leaves declarations where they are.
cpSync(join(root, 'src/contract'), join(dist, 'contract'), { recursive: true });
mkdirSync(join(dist, 'wit'));
for (const name of readdirSync(join(root, '../../wit'))) {
  if (name.endsWith('.wit')) {
    cpSync(join(root, '../../wit', name), join(dist, 'wit', name));
  }
}
