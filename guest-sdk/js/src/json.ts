/** Values as JSON text, where nothing is lost on the way. */
import { UnknownError } from './errors.js';
import { isPlain } from './check.js';
import { describeKind } from './text.js';

/**
 * A value as JSON text.
 *
 * `JSON.stringify` writes `{}` for a `Map`, leaves functions out, makes `null` of what is no number, and fails at a
 * `bigint`. Here these are refused, with their place, and a `bigint` is written with all its digits. A property that is
 * `undefined` is left out, and what has a `toJSON`, such as a `Date`, is written as that says.
 */
export function stringify(value: unknown, what: string): string {
  if (isSimple(value, 0)) {
    return JSON.stringify(value);
  }
  const found = { bigint: false };
  look(value, what, found, 0);
  // The engine's own writer is many times faster, and only stumbles over bigints.
  return found.bigint ? write(value) : JSON.stringify(value);
}

/** Whether nothing of a value needs a closer look; without a place for messages, which would cost more than the rest. */
function isSimple(value: unknown, depth: number): boolean {
  if (typeof value !== 'object') {
    return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
  }
  if (value === null) {
    return true;
  }
  if (depth > MOST_DEPTH) {
    return false;
  }
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      if (!isSimple(value[at], depth + 1)) {
        return false;
      }
    }
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype || 'toJSON' in value) {
    return false;
  }
  for (const name of Object.keys(value)) {
    const own = (value as Record<string, unknown>)[name];
    if (own !== undefined && !isSimple(own, depth + 1)) {
      return false;
    }
  }
  return true;
}

/** Deepest value written: no record is deeper, and a circle ends here. */
const MOST_DEPTH = 100;

function look(value: unknown, path: string, found: { bigint: boolean }, depth: number): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      return Number.isFinite(value) ? undefined : refuse(path, `is ${value}, which JSON does not have`);
    case 'bigint':
      found.bigint = true;
      return;
    case 'object':
      break;
    default:
      return refuse(path, `is ${describeKind(value)}, which JSON does not have`);
  }
  if (value === null) {
    return;
  }
  if (depth > MOST_DEPTH) {
    return refuse(path, 'is nested too deeply, or in a circle');
  }
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      look(value[at], `${path}[${at}]`, found, depth + 1);
    }
    return;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') {
    return look((value as { toJSON(): unknown }).toJSON(), path, found, depth + 1);
  }
  if (value instanceof Map || value instanceof Set || value instanceof WeakMap || value instanceof WeakSet
    || ArrayBuffer.isView(value) || (!isPlain(value) && Symbol.iterator in value)) {
    return refuse(path, `is ${describeKind(value)}, which JSON does not have`);
  }
  for (const name of Object.keys(value)) {
    const own = (value as Record<string, unknown>)[name];
    if (own !== undefined) {
      look(own, `${path}.${name}`, found, depth + 1);
    }
  }
}

function refuse(path: string, why: string): never {
  throw new UnknownError(`${path} ${why}`);
}

/** Writes what {@link look} has passed. */
function write(value: unknown): string {
  if (typeof value === 'bigint') {
    return String(value);
  }
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(write).join(',')}]`;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') {
    return write((value as { toJSON(): unknown }).toJSON());
  }
  const fields = Object.entries(value).filter(([, own]) => own !== undefined);
  return `{${fields.map(([name, own]) => `${JSON.stringify(name)}:${write(own)}`).join(',')}}`;
}
