/**
 * The web's `fetch` over the host's `http`: for those who know it, and for libraries that take one as an option.
 *
 * It works in both engines, as far as the promise it returns does: QuickJS does not wait for promises, so an asynchronous
 * connector needs StarlingMonkey. The request has been answered when `fetch` returns, and credentials are put in by the
 * host. StarlingMonkey's own `fetch` works too, with the placeholders of {@link credentials} in place of secrets.
 */
import { InvalidArgument } from './errors.js';
import { parse, request, type Credential, type Headers, type Response } from './http.js';
import { describeKind } from './text.js';

/** What {@link fetch} takes of the web's options; others, such as `signal`, have no meaning here and are passed over. */
export interface FetchInit {
  /** Method; `GET` unless given. */
  method?: string | undefined;
  /** Headers: an object, pairs, or the web's `Headers`. */
  headers?: Headers | undefined;
  /** Body: a text, bytes, or `URLSearchParams`. */
  body?: string | Uint8Array | ArrayBuffer | object | null | undefined;
  /** Credentials the host puts in. */
  credential?: Credential | undefined;
}

/** Sends a request, as the web's `fetch` does. */
export function fetch(input: string | { toString(): string }, init: FetchInit = {}): Promise<FetchResponse> {
  return new Promise((done) => {
    const { body, type } = bodyOf(init.body);
    const headers: [string, string][] = init.headers === undefined
      ? []
      : (Symbol.iterator in init.headers ? [...init.headers] : Object.entries(init.headers)).map(([name, value]) => [name, value]);
    if (type !== undefined && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
      headers.push(['content-type', type]);
    }
    const { credential } = init;
    done(new FetchResponse(request((init.method ?? 'GET').toUpperCase(), String(input), {
      headers,
      ...(typeof body === 'string' ? { text: body } : {}),
      ...(body instanceof Uint8Array ? { bytes: body } : {}),
      ...(credential === undefined ? {} : { credential }),
    })));
  });
}

/** A `fetch` whose requests all carry these credentials, for a library that takes one. */
export function fetchWith(credential: Credential): typeof fetch {
  return (input, init) => fetch(input, { credential, ...init });
}

function bodyOf(body: unknown): { body?: string | Uint8Array; type?: string } {
  if (body === undefined || body === null) {
    return {};
  }
  if (typeof body === 'string') {
    return { body, type: 'text/plain;charset=UTF-8' };
  }
  if (body instanceof Uint8Array) {
    return { body };
  }
  if (body instanceof ArrayBuffer) {
    return { body: new Uint8Array(body) };
  }
  if ((body as { constructor?: { name?: unknown } }).constructor?.name === 'URLSearchParams') {
    return { body: String(body), type: 'application/x-www-form-urlencoded;charset=UTF-8' };
  }
  throw new InvalidArgument(`a body must be a text, bytes or URLSearchParams, not ${describeKind(body)}`);
}

/** An answer with what most code asks of the web's `Response`. */
export class FetchResponse {
  /** The answer as {@link http} has it, for {@link page.emitJson}. */
  readonly raw: Response;
  /** Address that was asked. */
  readonly url: string;
  /** Always empty: the host does not hand it over. */
  readonly statusText = '';
  /** Headers, by names in any letter case. */
  readonly headers: FetchHeaders;

  /** @internal */
  constructor(raw: Response) {
    this.raw = raw;
    this.url = raw.url;
    this.headers = new FetchHeaders(raw.headers());
  }

  /** Status, 200 to 599. */
  get status(): number {
    // Asked only when the connector asks: the host notes who looked at a failure, and trusts those alone.
    return this.raw.status;
  }

  /** Whether the status is 2xx. */
  get ok(): boolean {
    return this.raw.ok;
  }

  /** The body as text. */
  async text(): Promise<string> {
    return this.raw.text();
  }

  /** The body as a value; rejects with {@link ServerError} if it is not JSON. */
  async json(): Promise<unknown> {
    return parse(this.raw.text());
  }

  /** The body as bytes. */
  async bytes(): Promise<Uint8Array> {
    return this.raw.bytes();
  }

  /** The body as a buffer. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(this.raw.bytes()).buffer as ArrayBuffer;
  }
}

/** Headers of an answer, as most code reads the web's `Headers`. */
export class FetchHeaders implements Iterable<[string, string]> {
  readonly #values = new Map<string, string>();

  /** @internal */
  constructor(pairs: readonly (readonly [string, string])[]) {
    for (const [name, value] of pairs) {
      const before = this.#values.get(name);
      this.#values.set(name, before === undefined ? value : `${before}, ${value}`);
    }
  }

  /** The value of a header; `null` if it is absent. */
  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null;
  }

  /** Whether there is such a header. */
  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  /** Calls a function for each header. */
  forEach(call: (value: string, name: string) => void): void {
    this.#values.forEach(call);
  }

  /** Names and values. */
  entries(): IterableIterator<[string, string]> {
    return this.#values.entries();
  }

  /** Names. */
  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.entries();
  }
}
