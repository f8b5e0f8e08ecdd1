/**
 * Shapes that answers are held against before they cross into the host.
 *
 * The engines convert what a connector returns without a word about what they cannot use: misspelt flags, unknown keys,
 * a `Set` for a list and numbers out of range are lost or changed, and a missing value ends the call with a trap that
 * names nothing. So every answer goes through a {@link Shape}, which says where it is wrong, and copies the rest.
 */
import { LARGEST_NUMBER, UnknownError } from './errors.js';
import { describeKind, isWellFormed } from './text.js';

/** Checks a value and returns what crosses into the host in its place; `path` is where it is, for the message. */
export type Shape<T> = (value: unknown, path: string) => T;

/** Refuses a value; the message names its place, and repeats nothing of it but a name that an author wrote. */
export function refuse(path: string, why: string): never {
  throw new UnknownError(`the connector answered wrongly: ${path} ${why}`);
}

/** A text. */
export const text: Shape<string> = (value, path) => {
  if (typeof value !== 'string') {
    return refuse(path, `must be a text, not ${describeKind(value)}`);
  }
  return isWellFormed(value) ? value : refuse(path, 'holds half of a character (a lone surrogate)');
};

/** A text, or a number that is written as one: exact, since a number that would change is refused. */
export const decimal: Shape<string> = (value, path) => {
  if (typeof value === 'bigint') {
    return String(value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) {
      return refuse(path, 'must be finite');
    }
    return Number.isInteger(value) && !Number.isSafeInteger(value)
      ? refuse(path, 'is larger than JavaScript counts exactly; write it as a text')
      : String(value);
  }
  if (typeof value === 'string' && /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value)) {
    return value;
  }
  return refuse(path, `must be a number or the text of one, not ${describeKind(value)}`);
};

/** True or false, and nothing that only counts as such. */
export const flag: Shape<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : refuse(path, `must be true or false, not ${describeKind(value)}`);

/** A whole number from 0 on, as far as both engines hand it over unchanged. */
export const count: Shape<number> = (value, path) => {
  if (typeof value !== 'number') {
    return refuse(path, `must be a number, not ${describeKind(value)}`);
  }
  return Number.isInteger(value) && value >= 0 && value <= LARGEST_NUMBER
    ? value
    : refuse(path, 'must be a whole number from 0 to 2147483647');
};

/** An array, item by item; nothing else that can be walked, since a text or a map is hardly meant. */
export function list<T>(item: Shape<T>): Shape<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) {
      return refuse(path, `must be an array, not ${describeKind(value)}`);
    }
    // Not `map`, which passes over holes.
    return Array.from(value, (one, index) => item(one, `${path}[${index}]`));
  };
}

/** A value or none: `undefined` and `null` are the same. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, path) => (value === undefined || value === null ? undefined : shape(value, path));
}

/** A value that may be left out. */
export function or<T>(shape: Shape<T>, missing: () => T): Shape<T> {
  return (value, path) => (value === undefined ? missing() : shape(value, path));
}

/** Named texts: an array of pairs, a `Map`, or an object. */
export const pairs: Shape<[string, string][]> = (value, path) => {
  let entries: unknown[];
  if (Array.isArray(value)) {
    entries = Array.from(value as unknown[]);
  } else if (value instanceof Map) {
    entries = [...(value as Map<unknown, unknown>)];
  } else if (isPlain(value)) {
    entries = Object.entries(value);
  } else {
    return refuse(path, `must be an object, a Map or an array of pairs, not ${describeKind(value)}`);
  }
  return entries.map((entry, index) => {
    if (!Array.isArray(entry) || entry.length !== 2) {
      return refuse(`${path}[${index}]`, 'must be a pair of texts');
    }
    const key = text(entry[0], `${path}[${index}][0]`);
    return [key, text(entry[1], `${path}[${JSON.stringify(key)}]`)];
  });
};

/** One of some texts. Each case of the type is named, and nothing else: the compiler checks it. */
export function oneOf<T extends string>(cases: Record<T, true>): Shape<T> {
  return (value, path) =>
    typeof value === 'string' && Object.hasOwn(cases, value)
      ? (value as T)
      : refuse(path, `must be one of ${Object.keys(cases).join(', ')}, not${shown(value) || ` ${describeKind(value)}`}`);
}

/** A set of flags: an object of booleans, which changes what holds unless said otherwise, or an array of those set. */
export function flags<T extends object>(usual: Record<keyof T & string, boolean>): Shape<T> {
  const known = Object.keys(usual).join(', ');
  return (value, path) => {
    const refuseName = (name: unknown): never =>
      refuse(path, `has no flag${shown(name)}; there are ${known}`);
    if (Array.isArray(value)) {
      const set: Record<string, boolean> = Object.fromEntries(Object.keys(usual).map((name) => [name, false]));
      for (const name of Array.from(value as unknown[])) {
        if (typeof name !== 'string' || !Object.hasOwn(usual, name)) {
          return refuseName(name);
        }
        set[name] = true;
      }
      return set as T;
    }
    if (!isPlain(value)) {
      return refuse(path, `must be an object of flags or an array of their names, not ${describeKind(value)}`);
    }
    const set: Record<string, boolean> = { ...usual };
    for (const [name, state] of Object.entries(value)) {
      if (!Object.hasOwn(usual, name)) {
        return refuseName(name);
      }
      if (state !== undefined) {
        set[name] = flag(state, `${path}.${name}`);
      }
    }
    return set as T;
  };
}

/** Shapes for all of a record's fields: the compiler finds one that is missing, too many or of another type. */
export type Fields<T> = { [Name in keyof T]-?: Shape<T[Name]> };

/** An object with these fields and no others. */
export function record<T extends object>(fields: Fields<T>): Shape<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value, path) => {
    if (!isRecord(value)) {
      return refuse(path, `must be an object, not ${describeKind(value)}`);
    }
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(fields, name)) {
        return refuse(path, `has no field${shown(name)}; there are ${names.join(', ')}`);
      }
    }
    const whole = {} as T;
    for (const name of names) {
      whole[name] = fields[name](value[name], path === '' ? name : `${path}.${name}`);
    }
    return whole;
  };
}

/** A name an author wrote, in quotes; nothing for what is no name, which may be anything. */
function shown(name: unknown): string {
  return typeof name === 'string' && /^[\w.-]{1,64}$/.test(name) ? ` '${name}'` : '';
}

/** An object literal, or one without a prototype. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype
    // An object of another realm, as tests make them.
    || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'hasOwnProperty'));
}

/** An object with fields: a literal or an instance of a class, but no collection and nothing that is waited for. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    && !(value instanceof Map) && !(value instanceof Set) && !(value instanceof Date)
    && typeof (value as { then?: unknown }).then !== 'function';
}
