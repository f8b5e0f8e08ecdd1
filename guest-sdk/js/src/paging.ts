/**
 * Paging: from the application's pages to AppFlow's.
 *
 * The two are never the same size. AppFlow's page ends by a number of records, by bytes or by time, perhaps in the middle of
 * a page of the application. {@link Paging} asks page after page, hands each to the host, and when the page is full answers
 * with a token that says where the application's page begins, how large it was, and how many of its records were taken. The
 * token is self-contained: nothing is kept between calls.
 */
import { RequestTimeout, ServerError, Unsupported } from './errors.js';
import { evaluate } from './evaluate.js';
import type { Condition } from './filter.js';
import { parse, resolve, type Response } from './http.js';
import { Next, type Ahead, type Place } from './next.js';
import { emit, emitJson, picksOf, room, type Emitted, type PageRecord, type Picks, type Space } from './page.js';
import { PagingState } from './paging-state.js';
import type { QueryRequest } from './requests.js';
import * as token from './token.js';

export { Next } from './next.js';

/** Page size asked for where the connector names none. */
const USUAL_PAGE_SIZE = 1000;

/** Milliseconds that must be left for a further request, beside twice the time of the slowest one so far. */
const TIME_RESERVE_MILLIS = 1000;

/** Where and how records are read. */
export interface PagingOptions {
  /** Largest page of the application, at least 1; smaller ones are asked for where fewer records are wanted. 1,000 unless given. */
  pageSize?: number;
  /** Where the array of records is: a JSON pointer (RFC 6901) such as `/data`; the whole body unless given. */
  records?: string;
  /** Fields of the records; without it, or for an empty list, they stay as they are. See {@link QueryRequest.picks}. */
  picks?: Picks;
  /**
   * Says that the records meet the request's condition: the requests ask the application for such records only, or the
   * records given to {@link Paging.emit} were checked. Without it a request with a condition is refused, since ignoring one
   * would read too many records.
   */
  filtered?: boolean;
  /**
   * A condition that each record is put to after the fetch, the rest of {@link split}; those that do not meet it are left out. It
   * is asked of what `convert` made, without that of the picked fields if `picks` is an object, which names all fields there
   * are, and otherwise of the application's record. The wanted fields alone go out.
   *
   * With this or `convert` the records pass through the connector, which takes its time, and whole numbers beyond 2^53 lose
   * digits.
   */
  check?: Condition | undefined;
  /** Makes the record for AppFlow from the application's, with the names that `check` uses. `picks` then do not count. */
  convert?: ((record: Record<string, unknown>) => object) | undefined;
}

/**
 * Reads an entity page by page.
 *
 * ```ts
 * query(context, request) {
 *   return new Paging(request, { pageSize: 200, records: '/data', picks: request.picks(['id', 'name']) })
 *     .follow(Next.cursor('/next_cursor'), (at) =>
 *       http.get('https://api.example.com/items', { query: { limit: at.size, cursor: at.cursor }, credential: 'bearer' }));
 * }
 * ```
 */
export class Paging {
  readonly #request: QueryRequest;
  readonly #pageSize: number;
  readonly #pointer: string;
  readonly #picks: { name: string; path: string }[];
  readonly #picksAreAll: boolean;
  readonly #filtered: boolean;
  readonly #check: Condition | undefined;
  readonly #convert: PagingOptions['convert'];
  #wasCut = false;

  /** For a request. */
  constructor(request: QueryRequest, options: PagingOptions = {}) {
    this.#request = request;
    this.#pageSize = Math.max(1, Math.trunc(options.pageSize ?? USUAL_PAGE_SIZE) || 1);
    this.#pointer = options.records ?? '';
    this.#picks = picksOf(options.picks ?? []);
    this.#picksAreAll = options.picks !== undefined && !Array.isArray(options.picks);
    this.#check = options.check;
    this.#convert = options.convert;
    this.#filtered = options.filtered ?? this.#check !== undefined;
  }

  /**
   * Whether the token that {@link follow} returned is for the rest of a page of the application that found no room to its end;
   * the next call asks for that page again.
   */
  get wasCut(): boolean {
    return this.#wasCut;
  }

  #refuseCondition(): void {
    if (!this.#filtered && this.#request.condition !== undefined) {
      throw new Unsupported(`filtering '${this.#request.entity}'`);
    }
  }

  /**
   * Reads until AppFlow's page is full or the application has no more; returns the token of the next page.
   *
   * `fetch` sends the request for the place it is given. A status other than 2xx ends the reading with that error; 204 is an
   * empty last page.
   *
   * @throws {Unsupported} for a condition, see {@link PagingOptions.filtered}.
   * @throws {InvalidArgument} for a token that is not of this entity and way of paging.
   * @throws {ServerError} if the application's next page is one already read.
   * @throws {RequestTimeout} if not even one record could be taken.
   */
  follow(next: Next, fetch: (at: At) => Response): string | undefined {
    this.#refuseCondition();
    const state = PagingState.resume(this.#request, next, this.#pageSize);
    const seen = new Set<Place>();
    let slowest = 0;
    let progress = false;
    for (;;) {
      const before = room();
      const size = state.sizeToAsk(next, before, this.#check !== undefined);
      if (size === undefined) {
        return undefined;
      }
      const at = new At(state.place, size, next.first);
      if (seen.has(at.place)) {
        throw new ServerError(
          "the application's next page is one that was read already; stopped, as it would never end",
        );
      }
      seen.add(at.place);
      const read = this.#read(fetch(at), next, at, state);
      if (read === undefined) {
        return undefined;
      }
      const { ahead, emitted, sent } = read;
      state.done += sent;
      const after = room();
      if (state.wanted === 0) {
        return undefined;
      }
      if (emitted.left > 0) {
        if (emitted.taken === 0 && !progress) {
          throw noProgress();
        }
        // Too many bytes for one answer: ask for no more than did fit next time.
        if (after.recordsLeft > 0 && after.millisLeft > 0 && !progress) {
          state.cap = Math.max(emitted.taken, 1);
        }
        state.cut(next, size, emitted.taken);
        this.#wasCut = true;
        return state.token(this.#request, next);
      }
      progress = true;
      const place = next.after(at, ahead, emitted.total);
      if (place === undefined) {
        return undefined;
      }
      state.goTo(place, size);
      slowest = Math.max(slowest, before.millisLeft - after.millisLeft);
      if (!worthAnother(next, before, after, this.#check === undefined ? emitted.total : 0, slowest) && !seen.has(state.place)) {
        return state.token(this.#request, next);
      }
    }
  }

  /** Hands an answer to the host; `undefined` for an empty last page. Its body goes when this returns. */
  #read(response: Response, next: Next, at: At, state: PagingState): HandedOver & { ahead: Ahead } | undefined {
    try {
      response.ensureOk();
      if (response.status === 204) {
        return undefined;
      }
      const ahead = next.lookAhead(response, at);
      return { ahead, ...this.#handOver(response, state) };
    } finally {
      response.dispose();
    }
  }

  /** Hands the records of an answer to the host, but no more of them than a filter's LIMIT still allows. */
  #handOver(response: Response, state: PagingState): HandedOver {
    const { wanted, skip } = state;
    if (this.#check !== undefined || this.#convert !== undefined) {
      return this.#handOverMade(response, skip, wanted ?? Infinity);
    }
    const end = wanted === undefined ? undefined : wanted + skip;
    const emitted = end !== undefined && response.jsonAt(`${this.#pointer}/${end}`) !== undefined
      ? this.#handOverSome(response, skip, end)
      : emitJson(response, { records: this.#pointer, picks: this.#picks, skip });
    return { emitted, sent: emitted.taken };
  }

  /** Takes the records of an answer through the connector, and leaves out those that do not meet the condition. */
  #handOverMade(response: Response, skip: number, wanted: number): HandedOver {
    const text = response.jsonAt(this.#pointer);
    const records = text === undefined ? undefined : parse(text);
    if (!Array.isArray(records)) {
      throw new ServerError("the application's answer has no array of records where it should be");
    }
    let sent = 0;
    let index = skip;
    for (; index < records.length; index += 1) {
      const made = this.#made(records[index]);
      if (made === undefined) {
        continue;
      }
      if (sent >= wanted || !emit(made)) {
        break;
      }
      sent += 1;
    }
    // What was left out before the record that found no room needs no second look.
    const taken = Math.max(index - skip, 0);
    return { emitted: { taken, left: Math.max(records.length - index, 0), total: records.length, rest: '{}' }, sent };
  }

  /** The record for AppFlow; `undefined` if it does not meet the condition. */
  #made(record: unknown): PageRecord | undefined {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw new ServerError("a record of the application's answer is no JSON object");
    }
    let made: object = record;
    if (this.#convert !== undefined) {
      made = this.#convert(record as Record<string, unknown>);
    } else if (this.#picksAreAll) {
      made = this.#picked(record);
    }
    if (this.#check !== undefined && !evaluate(this.#check, made as Record<string, unknown>)) {
      return undefined;
    }
    return this.#convert === undefined && !this.#picksAreAll && this.#picks.length > 0
      ? this.#picked(made)
      : this.#request.only(made);
  }

  /** Emits the records of an answer from one place to another, one by one. */
  #handOverSome(response: Response, skip: number, end: number): Emitted {
    let taken = 0;
    for (let index = skip; index < end; index += 1) {
      const place = `${this.#pointer}/${index}`;
      let record: string | undefined;
      if (this.#picks.length === 0) {
        record = response.jsonAt(place);
      } else {
        const fields: string[] = [];
        for (const { name, path } of this.#picks) {
          const value = response.jsonAt(place + pointerOf(path));
          if (value !== undefined) {
            fields.push(`${JSON.stringify(name)}:${value}`);
          }
        }
        record = `{${fields.join(',')}}`;
      }
      if (record === undefined) {
        throw new ServerError("a record of the application's answer is missing");
      }
      if (!emit(record)) {
        break;
      }
      taken += 1;
    }
    return { taken, left: end - skip - taken, total: end, rest: '{}' };
  }

  /**
   * Emits records that are all at hand, of an application that does not page or does not speak JSON. Each call makes them
   * again, in the same order, and goes on after the ones that came before.
   *
   * @throws {Unsupported} for a condition, see {@link PagingOptions.filtered}.
   * @throws {InvalidArgument} for a token that is not of this entity, or a record that is not one JSON object.
   */
  emit(records: Iterable<PageRecord>): string | undefined {
    this.#refuseCondition();
    const { entity, totalLimit = Infinity } = this.#request;
    const done = this.#request.token === undefined ? 0 : doneOf(this.#request.token, entity);
    let place = 0;
    let taken = 0;
    for (const record of records) {
      if (place >= totalLimit) {
        break;
      }
      place += 1;
      if (place <= done) {
        continue;
      }
      if (!emit(this.#picks.length > 0 ? this.#pick(record) : record)) {
        if (taken === 0) {
          throw noProgress();
        }
        return token.encode(ALL, entity, String(done + taken));
      }
      taken += 1;
    }
    // Nothing was refused, so there were no more.
    return undefined;
  }

  #pick(record: PageRecord): PageRecord {
    const whole: unknown = typeof record === 'string' ? JSON.parse(record) : record;
    return this.#picked(whole);
  }

  #picked(record: unknown): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    for (const { name, path } of this.#picks) {
      const value = path.startsWith('/') ? valueAt(record, path) : (record as Record<string, unknown>)[path];
      if (value !== undefined) {
        fields[name] = value;
      }
    }
    return fields;
  }
}

/** What became of the records of an answer. */
interface HandedOver {
  /** Of the application's records. */
  emitted: Emitted;
  /** Records that are in the page. */
  sent: number;
}

/** The kind of token that {@link Paging.emit} makes. */
const ALL = 'all';

function doneOf(text: string, entity: string): number {
  const [kind, own, done, ...more] = token.decode(text);
  if (kind !== ALL || own !== entity || done === undefined || !/^\d{1,15}$/.test(done) || more.length > 0) {
    throw token.invalid();
  }
  return Number(done);
}

/** A pick's path as a JSON pointer. */
function pointerOf(path: string): string {
  return path.startsWith('/') ? path : `/${path.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const step of pointer.slice(1).split('/')) {
    if (typeof value !== 'object' || value === null) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return value;
}

function noProgress(): RequestTimeout {
  return new RequestTimeout('no record could be taken in the time there was');
}

/**
 * Whether the page has room for one more page of the application, as far as the last one tells; `total` is 0 where nobody
 * knows how many of its records will be left out.
 */
function worthAnother(next: Next, before: Space, after: Space, total: number, slowest: number): boolean {
  if (after.recordsLeft === 0 || after.bytesLeft === 0 || after.millisLeft < slowest * 2 + TIME_RESERVE_MILLIS) {
    return false;
  }
  // A page that will be cut is fetched again by the next call, so rather end the page early.
  if (next.hasFixedSize && after.recordsLeft < total) {
    return false;
  }
  return after.bytesLeft >= before.bytesLeft - after.bytesLeft;
}

/** Where to read: what `fetch` is told. */
export class At {
  /** Records to ask for. */
  readonly size: number;
  /** The place: a cursor or link, `undefined` for the first one, or a number. */
  readonly place: Place;
  readonly #first: number;

  /** @internal */
  constructor(place: Place, size: number, first: number) {
    this.place = place;
    this.size = size;
    this.#first = first;
  }

  /** The cursor of the page; `undefined` for the first one. */
  get cursor(): string | undefined {
    return typeof this.place === 'string' ? this.place : undefined;
  }

  /**
   * The address of the page: the link as the application gave it, resolved against the first page's address, which is the
   * one given here. For the first page it is that address.
   */
  url(first: string): string {
    return this.cursor === undefined ? first : resolve(first, this.cursor);
  }

  /** The offset of the page's first record, or the page's number. */
  get number(): number {
    return typeof this.place === 'number' ? this.place : 0;
  }

  /** Whether this is the first page. */
  get isFirst(): boolean {
    return this.place === undefined || this.place === this.#first;
  }
}
