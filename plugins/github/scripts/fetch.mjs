// Fetches GitHub's description of its API: one file of the npm package that a lock file names, checked against the hash there.
//
//   node scripts/fetch.mjs FOLDER FILE    FOLDER has the package-lock.json, FILE is where the description goes
//
// Installed, the package takes 394 MB; its archive has 29 MB, and the one file 13 MB.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PACKAGE = '@octokit/openapi';
const INSIDE = 'package/generated/api.github.com.json';

const [folder, target] = process.argv.slice(2);
if (folder === undefined || target === undefined) {
  throw new Error('usage: fetch.mjs FOLDER FILE');
}
const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
const { version, integrity } = lock.packages[`node_modules/${PACKAGE}`];
const work = mkdtempSync(join(tmpdir(), 'github-description-'));
try {
  const packed = JSON.parse(output('npm', ['pack', `${PACKAGE}@${version}`, '--json', '--loglevel=error', '--pack-destination', work]));
  const archive = join(work, packed[0].filename);
  const hash = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (hash !== integrity) {
    throw new Error(`${PACKAGE} ${version} has the hash ${hash}, and the lock file says ${integrity}`);
  }
  output('tar', ['-xzf', archive, '-C', work, INSIDE]);
  writeFileSync(target, readFileSync(join(work, INSIDE)));
} finally {
  rmSync(work, { recursive: true, force: true });
}

function output(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', cwd: work, maxBuffer: 1 << 26 });
  if (status !== 0) {
    throw new Error(`${program} ${args[0]} failed: ${error?.message ?? stderr}`);
  }
  return stdout;
}
