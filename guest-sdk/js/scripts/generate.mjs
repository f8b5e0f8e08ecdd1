// Writes src/contract/*.d.ts: TypeScript's view of the contract in ../../wit, made by jco's generator of types.
//
// `npm run generate` after a change of the contract. With `--check`, as `npm test` does, nothing is written, and a difference fails.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { $init, generateTypes } from '@bytecodealliance/jco-transpile/component';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Where the contract is. */
const witFolder = join(root, '../../wit');
/** Where the declarations are kept. */
const contractFolder = join(root, 'src/contract');

/** The declarations as a map from file name to text. */
async function generate() {
  await $init;
  // The generator takes one text: the file that names the package first. The packages in deps/ are not looked at, as
  // no interface of ours uses them.
  const files = readdirSync(witFolder).filter((name) => name.endsWith('.wit')).sort();
  const texts = files.map((name) => readFileSync(join(witFolder, name), 'utf8'));
  texts.sort((a, b) => Number(namesPackage(b)) - Number(namesPackage(a)));
  const made = generateTypes('connector', {
    wit: { tag: 'source', val: texts.join('\n') },
    world: 'connector',
    guest: true,
    features: { tag: 'list', val: [] },
    tlaCompat: false,
    flagsAsBigint: false,
    variantsInlineCases: true,
    useNamespaceObjects: false,
    enumValuesScreamingSnakeCase: false,
  });
  const decoder = new TextDecoder();
  const header = '// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.\n';
  const read = (file) => (typeof file === 'string' ? file : decoder.decode(file));
  return new Map(made.map(([name, file]) => [name, header + read(file).replaceAll(/[ \t]+$/gm, '')]));
}

function namesPackage(text) {
  return /^package appflow:connector@/m.test(text);
}

const made = await generate();
if (process.argv.includes('--check')) {
  const read = (name) => (existsSync(join(contractFolder, name)) ? readFileSync(join(contractFolder, name), 'utf8') : undefined);
  const kept = readdirSync(contractFolder, { recursive: true }).filter((name) => name.endsWith('.d.ts'));
  const differing = [...new Set([...made.keys(), ...kept])].filter((name) => made.get(name) !== read(name));
  if (differing.length > 0) {
    console.error(`src/contract is not what wit/ says: ${differing.join(', ')}; make it anew by: npm run generate`);
    process.exit(1);
  }
} else {
  rmSync(contractFolder, { recursive: true, force: true });
  for (const [name, text] of made) {
    const path = join(contractFolder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
