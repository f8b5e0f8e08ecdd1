/**
 * The page of records being answered, by `query` or `retrieve`.
 *
 * A page is full when it holds as many records as AppFlow asked for, when the answer would become larger than Lambda allows
 * (6 MB), or when the time is nearly over. Each function says how many records were taken, and the connector returns a token
 * from which the next call goes on. {@link Paging} does all of this for applications that page by link, cursor, offset or
 * page number; the functions here are for the others.
 */
import type { Emitted, FieldPick, Space } from 'appflow:connector/page@0.1.0';
import { host } from '#host';

import { InvalidArgument } from './errors.js';
import { asked } from './host/call.js';
import type { Response } from './http.js';
import { LARGEST_NUMBER } from './errors.js';
import { stringify } from './json.js';
import { describeKind, isWellFormed } from './text.js';

export type { Emitted, Space };

/** A field of an output record and where it is in the application's. */
export type Pick = Readonly<FieldPick>;

/** Fields to pick: names that are the same in both, or `{ name: path }` with a key or a JSON pointer as path. */
export type Picks = readonly (string | Pick)[] | Readonly<Record<string, string>>;

/** Picks as the contract has them. */
export function picksOf(picks: Picks): FieldPick[] {
  const whole = Array.isArray(picks)
    ? picks.map((pick: string | Pick) => (typeof pick === 'string' ? { name: pick, path: pick } : pick))
    : Object.entries(picks as Readonly<Record<string, string>>).map(([name, path]) => ({ name, path }));
  return whole.map((pick) => ({ name: checked(pick.name), path: checked(pick.path) }));
}

function checked(text: unknown): string {
  if (typeof text !== 'string' || !isWellFormed(text)) {
    throw new InvalidArgument(`a pick has a name and a path, both texts, not ${describeKind(text)}`);
  }
  return text;
}

/** A record: an object, or the text of one JSON object. */
export type PageRecord = object | string;

/**
 * Adds a record; `false` if it found no room.
 *
 * @throws {InvalidArgument} if it is not one JSON object, or is larger than a whole page may be.
 * @throws {UnknownError} if it holds what JSON does not have, such as a `Map` or `NaN`, naming the field.
 */
export function emit(record: PageRecord): boolean {
  const text = textOf(record);
  return asked(() => host.emit(text));
}

function textOf(record: PageRecord): string {
  if (typeof record !== 'string') {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw new InvalidArgument(`a record must be an object, not ${describeKind(record)}`);
    }
    return stringify(record, 'record');
  }
  if (!isWellFormed(record)) {
    throw new InvalidArgument('a record holds half of a character (a lone surrogate)');
  }
  return record;
}

/**
 * Adds a record and fails if it found no room, for `retrieve`, which has no further pages.
 *
 * @throws {InvalidArgument} if there is no room, and as {@link emit}.
 */
export function emitOrFail(record: PageRecord): void {
  if (!emit(record)) {
    throw tooMany();
  }
}

function tooMany(): InvalidArgument {
  return new InvalidArgument('the records do not fit into one answer; ask for fewer');
}

/**
 * Adds records until one finds no room; returns how many were taken, from the first on. Go on after so many next time.
 *
 * @throws as {@link emit}.
 */
export function emitAll(records: Iterable<PageRecord>): number {
  let taken = 0;
  for (const record of records) {
    if (!emit(record)) {
      break;
    }
    taken += 1;
  }
  return taken;
}

/** What {@link emitJson} may be told. */
export interface EmitOptions {
  /** Where the array is: a JSON pointer (RFC 6901) such as `/records`; the whole body unless given. */
  records?: string;
  /** Fields of the records, in this order; as they are unless given, or for an empty list. */
  picks?: Picks;
  /** Records at the start of the array that are passed over; 0 unless given. */
  skip?: number;
}

/**
 * Adds the records of a JSON array in an answer's body, without moving them through the connector. The body is used up.
 *
 * @throws {HttpError} unless the status is 2xx.
 * @throws {ServerError} if the body is not JSON or holds no array there.
 */
export function emitJson(response: Response, options: EmitOptions = {}): Emitted {
  const { records = '', picks = [], skip = 0 } = options;
  if (!Number.isInteger(skip) || skip < 0 || skip > LARGEST_NUMBER) {
    throw new InvalidArgument('the number of records to skip must be a whole number from 0 on');
  }
  return asked(() => host.emitJson(response.handle, records, picksOf(picks), skip));
}

/**
 * The same for `retrieve`, which has no further pages: records that found no room are an error.
 *
 * @throws {InvalidArgument} if records were left, and as {@link emitJson}.
 */
export function emitJsonOrFail(response: Response, options: EmitOptions = {}): Emitted {
  const emitted = emitJson(response, options);
  if (emitted.left > 0) {
    throw tooMany();
  }
  return emitted;
}

/** Room left; where one value is 0, the page is full. */
export function room(): Space {
  return asked(() => host.room());
}

/** Whether the page is full: by records, bytes or time. */
export function isFull(): boolean {
  const { recordsLeft, bytesLeft, millisLeft } = room();
  return recordsLeft === 0 || bytesLeft === 0 || millisLeft === 0;
}
