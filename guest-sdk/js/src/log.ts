/**
 * Structured log lines, in the operator's log beside the host's own.
 *
 * Never log records, secrets or filter values. At most 200 lines of 2,048 characters in one call are kept, with 32 fields
 * each; `debug` lines only if the operator asks for them.
 */
import type { Level } from 'appflow:connector/log@0.1.0';
import { host } from '#host';

import { wellFormed } from './text.js';

export type { Level };

/** Fields of a line by name; values are written as texts, and those that are `undefined` left out. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

/** For developers. */
export function debug(message: string, fields?: LogFields): void {
  write('debug', message, fields);
}

/** Ordinary. */
export function info(message: string, fields?: LogFields): void {
  write('info', message, fields);
}

/** Odd. */
export function warn(message: string, fields?: LogFields): void {
  write('warn', message, fields);
}

/** Wrong. */
export function error(message: string, fields?: LogFields): void {
  write('error', message, fields);
}

/** Writes a line. Never throws: a line that cannot be written as it is, is written as well as it can be. */
export function write(level: Level, message: string, fields: LogFields = {}): void {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) {
      pairs.push([wellFormed(name), wellFormed(String(value))]);
    }
  }
  host.log(level, wellFormed(String(message)), pairs);
}
