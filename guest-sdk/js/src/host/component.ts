/**
 * The host in a component: the contract's imports, by the version that stands in their names.
 *
 * The one place that names it. `package.json` puts this module in the place of `#host` when a component is bundled.
 */
import { get } from 'appflow:connector/credentials@0.1.0';
import { send, type Response } from 'appflow:connector/http@0.1.0';
import { current, entity, entityJson, millisLeft } from 'appflow:connector/invocation@0.1.0';
import { write } from 'appflow:connector/log@0.1.0';
import { emit, emitJson, room } from 'appflow:connector/page@0.1.0';

import type { Host } from './imports.js';

export const host: Host = {
  send,
  emit,
  emitJson: (response, pointer, picks, skip) => emitJson(response as Response, pointer, picks, skip),
  room,
  current,
  entity,
  entityJson,
  millisLeft,
  credentials: get,
  log: write,
  // QuickJS has no event loop, and so none of what needs one.
  waits: typeof (globalThis as { setTimeout?: unknown }).setTimeout === 'function',
};

// Libraries write to the console without asking whether there is one. In StarlingMonkey it reaches the log by the
// component's output.
const scope = globalThis as unknown as { console?: Record<string, (...values: unknown[]) => void> };
if (scope.console === undefined) {
  const line = (level: 'debug' | 'info' | 'warn' | 'error') => (...values: unknown[]) =>
    write(level, values.map((value) => String(value)).join(' '), []);
  scope.console = {
    debug: line('debug'), trace: line('debug'), log: line('info'), info: line('info'), warn: line('warn'), error: line('error'),
  };
}
