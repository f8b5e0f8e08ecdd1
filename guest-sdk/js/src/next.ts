/** How applications say where their next page is. */
import type { Response } from './http.js';
import type { At } from './paging.js';
import { nextOfLinkHeader } from './url.js';

/** A place in the application's data: a link or a cursor, none at the beginning, or an offset or a page number. */
export type Place = string | number | undefined;

type Style =
  | { kind: 'link' | 'cursor'; pointer: string }
  | { kind: 'header' }
  | { kind: 'custom'; find: (response: Response, at: At) => string | null | undefined }
  | { kind: 'offset' }
  | { kind: 'number'; first: number };

/** What an answer says about the pages after it, read before its records, which use it up. */
export interface Ahead {
  text: string | undefined;
  /** What the application says outright. */
  more: boolean | undefined;
  total: number | undefined;
}

/** What ends the pages, beside what the way of paging itself says. */
export interface NextOptions {
  /** There are more pages only while the value at this JSON pointer is `true`. */
  moreAt?: string;
  /** The number of all records is at this JSON pointer. */
  totalAt?: string;
  /**
   * A page with fewer records than asked for is the last one. Say so only of an application that never caps pages: where it
   * does, records would be missed.
   */
  shortPageEnds?: boolean;
}

/** How the application says where its next page is. */
export class Next {
  readonly #style: Style;
  readonly #options: NextOptions;

  private constructor(style: Style, options: NextOptions = {}) {
    this.#style = style;
    this.#options = options;
  }

  /** A link at a JSON pointer, absolute or relative, for {@link At.url}; absent, null or empty at the end. */
  static link(pointer: string, options?: NextOptions): Next {
    return new Next({ kind: 'link', pointer }, options);
  }

  /** The link with `rel="next"` in the `Link` header (RFC 8288), for {@link At.url}. */
  static linkHeader(options?: NextOptions): Next {
    return new Next({ kind: 'header' }, options);
  }

  /** A cursor at a JSON pointer, for {@link At.cursor}; absent, null or empty at the end. */
  static cursor(pointer: string, options?: NextOptions): Next {
    return new Next({ kind: 'cursor', pointer }, options);
  }

  /** A cursor or link of any other kind, found by a function, such as the identifier of a page's last record. */
  static with(find: (response: Response, at: At) => string | null | undefined, options?: NextOptions): Next {
    return new Next({ kind: 'custom', find }, options);
  }

  /** An offset, for {@link At.number}: it ends at the total if the application tells one, or else at an empty page. */
  static offset(options?: NextOptions): Next {
    return new Next({ kind: 'offset' }, options);
  }

  /**
   * A page number, for {@link At.number}, beginning with `first`; it ends as {@link Next.offset} does. The page size stays the
   * same over all pages.
   */
  static pageNumber(first = 1, options?: NextOptions): Next {
    return new Next({ kind: 'number', first }, options);
  }

  /** The name of this way of paging in tokens. */
  get kind(): string {
    return this.#style.kind;
  }

  /** Number of the first page. */
  get first(): number {
    return this.#style.kind === 'number' ? this.#style.first : 0;
  }

  /** Where reading begins. */
  get firstPlace(): Place {
    return this.isNumbered ? this.first : undefined;
  }

  /** Whether places are numbers. */
  get isNumbered(): boolean {
    return this.#style.kind === 'offset' || this.#style.kind === 'number';
  }

  /** Whether the size of the next page is settled by the one before. */
  get hasFixedSize(): boolean {
    return this.#style.kind === 'link' || this.#style.kind === 'header' || this.#style.kind === 'number';
  }

  /** Reads from an answer what its records, once handed over, would take with them. */
  lookAhead(response: Response, at: At): Ahead {
    const { moreAt, totalAt } = this.#options;
    const total = totalAt === undefined ? undefined : response.textAt(totalAt);
    return {
      text: this.#find(response, at) || undefined,
      more: moreAt === undefined ? undefined : response.textAt(moreAt) === 'true',
      total: total !== undefined && /^\d{1,15}$/.test(total) ? Number(total) : undefined,
    };
  }

  #find(response: Response, at: At): string | null | undefined {
    const style = this.#style;
    switch (style.kind) {
      case 'link': case 'cursor': return response.textAt(style.pointer);
      case 'header': return nextOfLinkHeader(response.header('link') ?? '');
      case 'custom': return style.find(response, at);
      default: return undefined;
    }
  }

  /** The place of the page after one that was taken to its end; `count` is the number of records on it. */
  after(at: At, ahead: Ahead, count: number): Place {
    if (ahead.more === false || (this.#options.shortPageEnds === true && count < at.size)) {
      return undefined;
    }
    if (!this.isNumbered) {
      return ahead.text;
    }
    const place = this.#style.kind === 'offset' ? at.number + count : at.number + 1;
    const before = this.#style.kind === 'offset' ? place : (place - this.first) * at.size;
    // An application that says there is more, or how many there are, and gives none would be asked for ever.
    return count === 0 || (ahead.total !== undefined && before >= ahead.total) ? undefined : place;
  }
}
