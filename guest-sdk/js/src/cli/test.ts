/** `appflow-connector test`: tests of connectors, TypeScript or not, under Node.js. */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import { run } from './bundle.js';
import { CommandError } from './command-error.js';

/** Where the tests are put as JavaScript; npm packages are found from there as from the tests themselves. */
const OUTPUT = 'build/test';
/** Folders without tests of the package. */
const PASSED_OVER = ['node_modules', 'build', 'dist', 'target'];

/** Runs tests; returns the exit code. */
export async function test(folder: string, args: readonly string[]): Promise<number> {
  const end = args.indexOf('--');
  const named = end === -1 ? args : args.slice(0, end);
  const options = end === -1 ? [] : args.slice(end + 1);
  const files = named.length > 0 ? named.map((name) => resolve(folder, name)) : findTests(folder);
  if (files.length === 0) {
    throw new CommandError(`there is no *.test.ts or *.test.js in ${folder}`);
  }
  const output = join(folder, OUTPUT);
  rmSync(output, { recursive: true, force: true });
  await run({
    absWorkingDir: folder,
    entryPoints: files.map((file) => relative(folder, file)),
    outdir: output,
    outbase: folder,
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    packages: 'external',
    sourcemap: 'inline',
  });
  const made = files.map((file) => join(output, relative(folder, file).replace(/\.[cm]?[jt]s$/, '.mjs')));
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...options, ...made], {
    cwd: folder, stdio: 'inherit',
  });
  return status ?? 1;
}

function findTests(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !PASSED_OVER.includes(entry.name) && !entry.name.startsWith('.')) {
      found.push(...findTests(path));
    } else if (/\.test\.[cm]?[jt]s$/.test(entry.name)) {
      found.push(path);
    }
  }
  return found.sort();
}
