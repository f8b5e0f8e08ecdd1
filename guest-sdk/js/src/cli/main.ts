/** The command `appflow-connector`. */
import { parseArgs } from 'node:util';

import { build, ENGINES, type Engine } from './build.js';
import { CommandError } from './command-error.js';
import { test } from './test.js';

const HELP = `Builds and tests Amazon AppFlow connectors in JavaScript or TypeScript.

  appflow-connector build [ENTRY] [--engine ${ENGINES.join('|')}] [-o connector.wasm]
      Bundles the connector with its npm dependencies and makes a component of it. ENTRY is the module that exports the
      connector by default: "main" of package.json, or src/connector.ts, src/connector.js, connector.ts, connector.js.
      The engine is starlingmonkey unless "appflow": { "engine": "quickjs" } in package.json or --engine says otherwise.

  appflow-connector test [FILES...] [-- OPTIONS OF node --test]
      Runs *.test.ts and *.test.js files of the package under Node.js.
`;

/** Runs the command; returns the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const [command, ...others] = args;
  try {
    switch (command) {
      case 'build': {
        const { values, positionals } = parse(others);
        if (positionals.length > 1) {
          throw new CommandError(`one entry is built at a time, not ${positionals.length}`);
        }
        const engine = values.engine;
        if (engine !== undefined && !(ENGINES as readonly string[]).includes(engine)) {
          throw new CommandError(`there is no engine '${engine}'; there are ${ENGINES.join(' and ')}`);
        }
        await build({ folder: process.cwd(), entry: positionals[0], engine: engine as Engine | undefined, output: values.output });
        return 0;
      }
      case 'test': return await test(process.cwd(), others);
      case 'help': case '--help': case '-h': case undefined:
        console.log(HELP.trimEnd());
        return 0;
      default:
        throw new CommandError(`there is no command '${command}'; see appflow-connector --help`);
    }
  } catch (error) {
    if (error instanceof CommandError) {
      console.error(`appflow-connector: ${error.message}`);
      return 1;
    }
    throw error;
  }
}

function parse(args: string[]): { values: { engine?: string | undefined; output: string }; positionals: string[] } {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        engine: { type: 'string' },
        output: { type: 'string', short: 'o', default: 'connector.wasm' },
      },
    });
  } catch (error) {
    throw new CommandError(`${(error as Error).message}; see appflow-connector --help`);
  }
}
