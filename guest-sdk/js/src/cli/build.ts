/** `appflow-connector build`: from modules to a component. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { bundle, findEntry, readPackage } from './bundle.js';
import { CommandError } from './command-error.js';

/** Engines a connector can be built with. */
export const ENGINES = ['starlingmonkey', 'quickjs'] as const;
/** An engine a connector can be built with. */
export type Engine = (typeof ENGINES)[number];

/** What to build. */
export interface BuildRequest {
  /** Folder of the package. */
  folder: string;
  /** Module of the connector; looked for unless given. */
  entry: string | undefined;
  /** Engine; that of package.json, or StarlingMonkey, unless given. */
  engine: Engine | undefined;
  /** Path of the component. */
  output: string;
}

/** The contract, as it was when this package was made. */
const WIT = fileURLToPath(new URL('../wit', import.meta.url));

/** Interfaces of the contract that a connector may export, and their functions. */
const INTERFACES = {
  configuration: ['describe', 'validateSettings', 'validateCredentials'],
  metadata: ['listEntities', 'describeEntity'],
  source: ['query', 'retrieve'],
  destination: ['write'],
} as const;
type Interface = keyof typeof INTERFACES;

/** Builds a component and says how large it is. */
export async function build(request: BuildRequest): Promise<void> {
  const folder = resolve(request.folder);
  const entry = findEntry(folder, request.entry);
  const engine = request.engine ?? engineOf(folder);
  const work = mkdtempSync(join(tmpdir(), 'appflow-connector-'));
  try {
    const interfaces = await inspect(folder, entry, work, engine);
    const world = worldOf(interfaces);
    const source = await bundle(folder, entrySource(entry, interfaces), 'component');
    const path = join(work, 'connector.js');
    writeFileSync(path, source);
    const component = engine === 'quickjs'
      ? await withQuickJs(path, source, world)
      : await withStarlingMonkey(path, world);
    const output = resolve(folder, request.output);
    writeFileSync(output, component);
    const kilobytes = Math.ceil(statSync(output).size / 1024);
    console.log(`${relative(process.cwd(), output) || output}: ${kilobytes} KB, ${engine}, world ${world}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function engineOf(folder: string): Engine {
  const engine = readPackage(folder).appflow?.engine ?? 'starlingmonkey';
  if (!(ENGINES as readonly unknown[]).includes(engine)) {
    throw new CommandError(`"appflow.engine" of package.json must be ${ENGINES.join(' or ')}, not ${JSON.stringify(engine)}`);
  }
  return engine as Engine;
}

/** The module that the engine is given: what the connector exports, under the names of the contract. */
function entrySource(entry: string, interfaces: readonly Interface[]): string {
  const lines = interfaces.map((name) => `export const ${name} = connector.${name};`);
  return [`import connector from ${JSON.stringify(entry)};`, ...lines].join('\n');
}

/**
 * Runs the connector's module under Node.js and reads off what it exports.
 *
 * Needed because QuickJS's tool takes a component that lacks an export, which then fails when it is called, and because the
 * world follows from what there is. Nothing of the host is called while a module is loaded, there or in the engines.
 */
async function inspect(folder: string, entry: string, work: string, engine: Engine): Promise<Interface[]> {
  const path = join(work, 'inspected.mjs');
  writeFileSync(path, await bundle(folder, `export { default } from ${JSON.stringify(entry)};`, 'node'));
  let exported: unknown;
  try {
    exported = ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (error) {
    const { message, stack } = error as Error;
    throw new CommandError(`the connector cannot be loaded: ${message}\n${stack ?? ''}`.trimEnd());
  }
  if (typeof exported !== 'object' || exported === null) {
    throw new CommandError(`${relative(folder, entry)} must export the connector by default: export default connector({...})`);
  }
  const interfaces = exported as Partial<Record<Interface, Record<string, unknown>>>;
  const found = (Object.keys(INTERFACES) as Interface[]).filter((name) => interfaces[name] !== undefined);
  for (const name of found) {
    for (const method of INTERFACES[name]) {
      if (typeof interfaces[name]?.[method] !== 'function') {
        throw new CommandError(`the connector's '${name}' has no '${method}'; make it by connector({...})`);
      }
    }
  }
  for (const needed of ['configuration', 'metadata'] as const) {
    if (!found.includes(needed)) {
      throw new CommandError(`the connector has no '${needed}'; make it by connector({...})`);
    }
  }
  const asynchronous = (exported as { [ASYNC]?: string[] })[ASYNC] ?? [];
  if (engine === 'quickjs' && asynchronous.length > 0) {
    throw new CommandError(
      `QuickJS does not wait for promises, and ${asynchronous.join(', ')} is async; use http in place of fetch, or --engine starlingmonkey`,
    );
  }
  return found;
}

/** Under which `connector` leaves the names of the methods that are written as `async`. */
const ASYNC = Symbol.for('appflow-connector.async');

function worldOf(interfaces: readonly Interface[]): string {
  if (!interfaces.includes('destination')) {
    return 'source-connector';
  }
  return interfaces.includes('source') ? 'connector' : 'destination-connector';
}

async function withStarlingMonkey(path: string, world: string): Promise<Uint8Array> {
  const { componentize } = await import('@bytecodealliance/componentize-js');
  try {
    const { component } = await componentize({
      sourcePath: path,
      witPath: WIT,
      worldName: world,
      // It would make a server of the component, which a connector is not.
      disableFeatures: ['fetch-event'],
    });
    return component;
  } catch (error) {
    throw new CommandError(`StarlingMonkey cannot take the connector: ${(error as Error).message}`);
  }
}

async function withQuickJs(path: string, source: string, world: string): Promise<Uint8Array> {
  const { componentize } = await import('componentize-qjs');
  try {
    // Without `sync` the component would need a feature of the host that is still being designed.
    const { component } = await componentize({ witPath: WIT, jsSource: source, jsPath: path, world, sync: true });
    return component;
  } catch (error) {
    throw new CommandError(`QuickJS cannot take the connector: ${(error as Error).message}`);
  }
}
