/** What one call of a paging connector hands to the next. */
import type { Next, Place } from './next.js';
import type { Space } from './page.js';
import type { QueryRequest } from './requests.js';
import * as token from './token.js';

/** Where reading goes on, and what was learnt on the way. */
export class PagingState {
  /** The application's page. */
  place: Place;
  /** Records of that page that were taken before. */
  skip = 0;
  /** Records taken in all calls, for a filter's LIMIT. */
  done = 0;
  /** Largest page worth asking for, learnt from one that was cut by bytes. */
  cap: number | undefined;
  /** Size of the page, if it must be asked for in the same size: when it was cut, or pages are numbered. */
  #size: number | undefined;
  readonly #pageSize: number;
  readonly #totalLimit: number | undefined;

  private constructor(request: QueryRequest, next: Next, pageSize: number) {
    this.place = next.firstPlace;
    this.#pageSize = pageSize;
    this.#totalLimit = request.totalLimit;
  }

  /**
   * The state of a request's token, or that of a first page.
   *
   * @throws {InvalidArgument} for a token of something else.
   */
  static resume(request: QueryRequest, next: Next, pageSize: number): PagingState {
    const state = new PagingState(request, next, pageSize);
    if (request.token !== undefined) {
      state.#read(token.decode(request.token), request, next);
    }
    return state;
  }

  #read(parts: string[], request: QueryRequest, next: Next): void {
    const [kind, entity, place = '', skip, size, cap, done] = parts;
    if (parts.length !== 7 || kind !== next.kind || entity !== request.entity) {
      throw token.invalid();
    }
    this.place = next.isNumbered ? number(place) : place || undefined;
    this.skip = number(skip);
    this.#size = positive(size);
    this.cap = positive(cap);
    this.done = number(done);
  }

  /** The token for this state. */
  token(request: QueryRequest, next: Next): string {
    const optional = (value: Place): string => (value === undefined ? '' : String(value));
    return token.encode(
      next.kind, request.entity, optional(this.place), String(this.skip), optional(this.#size), optional(this.cap),
      String(this.done),
    );
  }

  /**
   * Records to ask for; `undefined` if all that are wanted have been read. Where records are left out after the fetch,
   * nobody knows how many must be read for those wanted.
   */
  sizeToAsk(next: Next, space: Space, leavesOut: boolean): number | undefined {
    const { wanted } = this;
    if (wanted === 0) {
      return undefined;
    }
    if (this.#size !== undefined) {
      return this.#size;
    }
    const room = leavesOut ? Infinity : Math.min(Math.max(space.recordsLeft, 1), wanted ?? Infinity);
    const size = Math.min(this.#pageSize, this.cap ?? Infinity, room);
    if (next.kind === 'number') {
      // Numbered pages begin at multiples of their size.
      this.#size = size;
    }
    return size;
  }

  /** Records still wanted, where a filter's LIMIT says so. */
  get wanted(): number | undefined {
    return this.#totalLimit === undefined ? undefined : Math.max(this.#totalLimit - this.done, 0);
  }

  /** The page at the place was cut after some more records. */
  cut(next: Next, size: number, taken: number): void {
    if (next.kind === 'offset' && typeof this.place === 'number') {
      this.place += taken;
    } else {
      this.skip += taken;
      this.#size = size;
    }
  }

  /** The page at the place was read to its end. */
  goTo(place: Place, size: number): void {
    this.skip = 0;
    this.#size = typeof place === 'number' && this.#size !== undefined ? size : undefined;
    this.place = place;
  }
}

function number(text: string | undefined): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) {
    throw token.invalid();
  }
  return Number(text);
}

function positive(text: string | undefined): number | undefined {
  if (text === '') {
    return undefined;
  }
  const value = number(text);
  if (value === 0) {
    throw token.invalid();
  }
  return value;
}
