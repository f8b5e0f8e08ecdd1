/** Bundling: an author's modules, TypeScript or not, and their npm dependencies as one module. */
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';

import { build, type BuildOptions, type Plugin } from 'esbuild';

import { CommandError } from './command-error.js';

/** Where a connector is looked for if nothing names it. */
const ENTRIES = ['src/connector.ts', 'src/connector.js', 'connector.ts', 'connector.js'];

/** What this command reads of a package.json. */
export interface Package {
  main?: unknown;
  appflow?: { engine?: unknown };
}

/** The package.json of a folder; nothing where there is none. */
export function readPackage(folder: string): Package {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) {
    return {};
  }
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Package;
  } catch (error) {
    throw new CommandError(`${path} is not JSON: ${(error as Error).message}`);
  }
}

/** The connector's module. */
export function findEntry(folder: string, named: string | undefined): string {
  const { main } = readPackage(folder);
  const candidates = named === undefined ? (typeof main === 'string' ? [main] : ENTRIES) : [named];
  const found = candidates.map((candidate) => resolve(folder, candidate)).find((candidate) => existsSync(candidate));
  if (found === undefined) {
    throw new CommandError(
      `there is no ${candidates.join(', ')} in ${folder}; name the module that exports the connector by default`,
    );
  }
  return found;
}

/**
 * Bundles a module whose source is given, for a component or for Node.js.
 *
 * @param folder Where its imports are looked up.
 */
export async function bundle(folder: string, source: string, where: 'component' | 'node'): Promise<string> {
  const result = await run({
    absWorkingDir: folder,
    stdin: { contents: source, resolveDir: folder, sourcefile: 'connector-entry.js' },
    write: false,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: where === 'component' ? ['appflow', 'worker', 'import'] : ['import'],
    external: ['appflow:*', 'wasi:*'],
    plugins: [noNode],
  });
  const [file] = result.outputFiles ?? [];
  if (file === undefined) {
    throw new CommandError('the bundler made no file');
  }
  return file.text;
}

/** Runs the bundler with what all uses have in common; its complaints become an error that shows them. */
export async function run(options: BuildOptions): ReturnType<typeof build> {
  try {
    return await build({
      bundle: true,
      format: 'esm',
      // What both engines know; newer syntax such as `using` is written in older.
      target: 'es2022',
      // Names stand in the stacks of the log.
      keepNames: true,
      logLevel: 'silent',
      ...options,
    });
  } catch (error) {
    const { errors } = error as { errors?: { text: string; location?: { file: string; line: number } | null }[] };
    if (errors === undefined) {
      throw error;
    }
    const lines = errors.map(({ text, location }) => (location ? `${location.file}:${location.line}: ${text}` : text));
    throw new CommandError(`the connector cannot be bundled:\n  ${lines.join('\n  ')}`);
  }
}

/** Says what is wrong with modules of Node.js, which a bundler would otherwise leave for the engine to stumble over. */
const noNode: Plugin = {
  name: 'no-node',
  setup(context) {
    const names = builtinModules.filter((name) => !name.startsWith('_'));
    context.onResolve({ filter: new RegExp(`^(node:.*|${names.join('|')})$`) }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === noNode) {
        return undefined;
      }
      // A package of that name, such as `events` or `buffer`, does as well.
      if (!path.startsWith('node:')) {
        const found = await context.resolve(`${path}/`, { resolveDir, kind, pluginData: noNode });
        if (found.errors.length === 0) {
          return found;
        }
      }
      return {
        errors: [{
          text: `'${path}' is a module of Node.js, and a connector runs without it: no files, sockets, processes or environment`,
        }],
      };
    });
  },
};
