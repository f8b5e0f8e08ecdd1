/**
 * Conditions checked in memory, for applications that cannot filter.
 *
 * Two-valued, without surprises: a comparison with a record that has no value there is false, except that an absent value
 * equals `null` and differs from everything else. Numbers are compared exactly, whatever their length; a text that reads as
 * a number compares with numbers, and texts of dates with dates. Texts are compared by code point.
 */
import { Unsupported } from './errors.js';
import type { Condition, Literal } from './filter.js';

/** A record as an object, or a function that tells its value of a field. */
export type Values = Readonly<Record<string, unknown>> | ((field: string) => unknown);

/**
 * Whether a record meets a condition.
 *
 * `not` turns the result around, so that it is true of records without the value. A name with dots is looked up as a whole
 * first, and then step by step. Objects and arrays have no order and equal nothing.
 *
 * @throws {Unsupported} for a condition newer than this SDK.
 */
export function evaluate(condition: Condition, record: Values): boolean {
  const value = (field: string) => (typeof record === 'function' ? record(field) : lookUp(record, field));
  switch (condition.op) {
    case 'all': return condition.of.every((part) => evaluate(part, record));
    case 'any': return condition.of.some((part) => evaluate(part, record));
    case 'not': return !evaluate(condition.of, record);
    case 'compare': return compare(value(condition.field), condition.comparator, condition.value);
    case 'between': {
      const own = value(condition.field);
      return compare(own, 'greater-or-equal', condition.low) && compare(own, 'less-or-equal', condition.high);
    }
    case 'one-of': {
      const own = value(condition.field);
      return condition.values.some((wanted) => compare(own, 'equal', wanted));
    }
    default: throw new Unsupported(`a filter condition of ${condition.text.length} characters`);
  }
}

function lookUp(record: Readonly<Record<string, unknown>>, field: string): unknown {
  if (Object.hasOwn(record, field)) {
    return record[field];
  }
  let value: unknown = record;
  for (const step of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function compare(value: unknown, comparator: string, wanted: Literal): boolean {
  if (comparator === 'contains') {
    return typeof value === 'string' && wanted.type === 'text' && value.includes(wanted.value);
  }
  const order = orderOf(value, wanted);
  const isNull = value === undefined || value === null;
  switch (comparator) {
    case 'equal': return order === 0;
    case 'not-equal': return order !== 0;
    case 'less': return order !== undefined && order < 0;
    case 'less-or-equal': return order !== undefined && order <= 0 && !isNull;
    case 'greater': return order !== undefined && order > 0;
    case 'greater-or-equal': return order !== undefined && order >= 0 && !isNull;
    default: throw new Unsupported('a comparison newer than this connector');
  }
}

/** Below, at or above zero; `undefined` where two values have no order. */
function orderOf(value: unknown, wanted: Literal): number | undefined {
  if (value === undefined || value === null) {
    return wanted.type === 'null' ? 0 : undefined;
  }
  switch (wanted.type) {
    case 'text':
      if (typeof value === 'string') {
        return byCodePoint(value, wanted.value);
      }
      return isNumber(value) ? byNumber(String(value), wanted.value) : undefined;
    case 'number': return isNumber(value) || typeof value === 'string' ? byNumber(String(value), wanted.value) : undefined;
    case 'boolean': return typeof value === 'boolean' ? Number(value) - Number(wanted.value) : undefined;
    case 'date':
    case 'date-time': return byTime(value instanceof Date ? value.toJSON() : value, wanted.value);
    default: return undefined;
  }
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || typeof value === 'number';
}

/** JavaScript compares UTF-16 units, which puts some characters of higher planes too early. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return left.length - right.length;
}

/** 0.`digits` times ten to the power of `exponent`; no digits for zero, none leading or trailing 0. */
interface Decimal {
  sign: -1 | 0 | 1;
  digits: string;
  exponent: number;
}

function parseDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/.exec(text.trim());
  if (match === null) {
    return undefined;
  }
  const [, sign = '', whole = '', fraction = '', power = '0'] = match;
  const all = whole + fraction;
  if (all === '') {
    return undefined;
  }
  const leading = /^0*/.exec(all)?.[0].length ?? 0;
  const digits = all.slice(leading).replace(/0+$/, '');
  if (digits === '') {
    return { sign: 0, digits, exponent: 0 };
  }
  return { sign: sign === '-' ? -1 : 1, digits, exponent: whole.length - leading + Number(power) };
}

function byNumber(a: string, b: string): number | undefined {
  const [left, right] = [parseDecimal(a), parseDecimal(b)];
  if (left === undefined || right === undefined) {
    return undefined;
  }
  if (left.sign !== right.sign || left.sign === 0) {
    return left.sign - right.sign;
  }
  const bySize = left.exponent - right.exponent || (left.digits < right.digits ? -1 : Number(left.digits > right.digits));
  return bySize * left.sign;
}

const TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,18}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** Seconds since 1970 and a fraction, as digits; a date is its first moment, and a time without offset is UTC. */
function parseTime(text: unknown): { seconds: number; fraction: string } | undefined {
  const match = typeof text === 'string' ? TIME.exec(text) : null;
  if (match === null) {
    return undefined;
  }
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const numbers = [month, day, hour, minute, second].map(Number);
  const most = [12, 31, 24, 59, 60];
  if (numbers.some((number, at) => number > (most[at] ?? 0)) || Number(month) < 1 || Number(day) < 1) {
    return undefined;
  }
  const start = new Date(0);
  // Not the constructor, which takes the years 0 to 99 for those of the last century.
  start.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  let seconds = start.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  if (zone !== 'Z' && zone !== 'z') {
    const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
    const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
    if (hours > 23 || minutes > 59) {
      return undefined;
    }
    seconds -= (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
  }
  return { seconds, fraction: fraction.replace(/0+$/, '') };
}

function byTime(a: unknown, b: string): number | undefined {
  const [left, right] = [parseTime(a), parseTime(b)];
  if (left === undefined || right === undefined) {
    return undefined;
  }
  return left.seconds - right.seconds
    || (left.fraction < right.fraction ? -1 : Number(left.fraction > right.fraction));
}
