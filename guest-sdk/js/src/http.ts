/**
 * Requests to the application.
 *
 * The host lets them out to the hosts of the connector's manifest only, puts the credentials in, asks again for what failed
 * for a moment, and holds the answer's body until it is asked for. Give an answer to {@link emitJson} and its body never
 * passes through the connector.
 *
 * ```ts
 * const answer = http.get(http.join('https://api.example.com/v1', 'users', 'me'), {
 *   query: { fields: 'id,name' },
 *   credential: 'bearer',
 * }).ensureOk();
 * const name = answer.textAt('/name');
 * ```
 */
import type { Body, Credential as ContractCredential } from 'appflow:connector/http@0.1.0';
import { host } from '#host';

import { InvalidArgument, ServerError } from './errors.js';
import { asked, hold, release } from './host/call.js';
import type { HostResponse } from './host/imports.js';
import { stringify } from './json.js';
import { describeKind, isWellFormed } from './text.js';
import { formEncode, withQuery, type Parameters } from './url.js';

export { encode, join, resolve, withQuery, formEncode } from './url.js';
export type { Parameter, Parameters } from './url.js';

/** How the host puts the connection's credentials in. The connector never sees their values. */
export type Credential =
  /** `Authorization: Bearer` with the OAuth 2 access token, or with the API key. */
  | 'bearer'
  /** `Authorization: Basic` with the user name and the password. */
  | 'basic'
  | ContractCredential;

/** Headers by name, or as pairs where one comes more than once. */
export type Headers = Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

/** What a request may have beside its method and address. At most one of the bodies. */
export interface RequestOptions {
  /** Parameters added to the address, encoded here. */
  query?: Parameters;
  /** Headers. `host`, `content-length` and the hop-by-hop headers are the host's and are refused. */
  headers?: Headers;
  /** Credentials the host puts in; none unless given. */
  credential?: Credential;
  /** A body of JSON, of a value or, beginning with `{` or `[`, of text that is JSON already. */
  json?: unknown;
  /** A body like that of an HTML form, encoded here. */
  form?: Parameters;
  /** A body of text; say its `content-type` in the headers. */
  text?: string;
  /** A body of bytes; say its `content-type` in the headers. */
  bytes?: Uint8Array;
}

const OPTIONS = ['query', 'headers', 'credential', 'json', 'form', 'text', 'bytes'];

/** One value of the secret in a header, such as `secretHeader('X-Api-Key', 'apiKey')`. Keys are `apiKey`, `apiSecretKey`,
 * `accessToken`, `username`, `password`, or those of the connector's own scheme. */
export function secretHeader(name: string, secretKey: string, prefix = ''): Credential {
  return { tag: 'header', val: { name, secretKey, prefix } };
}

/** One value of the secret in a query parameter, see {@link secretHeader}. */
export function secretQuery(name: string, secretKey: string, prefix = ''): Credential {
  return { tag: 'query', val: { name, secretKey, prefix } };
}

/**
 * A signature the host makes, such as `signed('hmac-sha256', { 'secret-key': 'apiSecretKey', header: 'x-signature' })`. The
 * contract's `http.wit` lists the schemes and what they take; the connector sees neither the secret nor the signature.
 */
export function signed(scheme: string, parameters: Readonly<Record<string, string>> | Iterable<readonly [string, string]> = {}): Credential {
  return { tag: 'signed', val: { scheme, parameters: pairsOf(parameters, 'parameters of the signature') } };
}

/** Sends a GET request. */
export function get(url: string, options?: RequestOptions): Response {
  return request('GET', url, options);
}

/** Sends a POST request. */
export function post(url: string, options?: RequestOptions): Response {
  return request('POST', url, options);
}

/** Sends a PUT request. */
export function put(url: string, options?: RequestOptions): Response {
  return request('PUT', url, options);
}

/** Sends a PATCH request. */
export function patch(url: string, options?: RequestOptions): Response {
  return request('PATCH', url, options);
}

/** Sends a DELETE request. */
export { remove as delete };
function remove(url: string, options?: RequestOptions): Response {
  return request('DELETE', url, options);
}

/**
 * Sends a request of any method, in capitals, and returns when the whole answer is there. Any status is an answer, not an
 * error: see {@link Response.ensureOk}. `url` is absolute and percent-encoded already: see {@link join} and `query`.
 *
 * @throws {AccessDenied} for a host the manifest does not grant.
 * @throws {RequestTimeout} when the time runs out.
 * @throws {ServiceUnavailable} when no connection can be made.
 * @throws {InvalidArgument} for a malformed request.
 */
export function request(method: string, url: string, options: RequestOptions = {}): Response {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) {
      throw new InvalidArgument(`a request has no option '${name}'; there are ${OPTIONS.join(', ')}`);
    }
  }
  const headers = pairsOf(options.headers ?? [], 'headers');
  const body = bodyOf(options, headers);
  const address = options.query === undefined ? checked(url, 'address') : withQuery(checked(url, 'address'), options.query);
  const sent = asked(() => host.send({
    method: checked(method, 'method'),
    url: address,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(options.credential === undefined ? {} : { credential: credentialOf(options.credential) }),
  }));
  return new Response(hold(sent), address);
}

function bodyOf(options: RequestOptions, headers: [string, string][]): Body | undefined {
  const given = (['json', 'form', 'text', 'bytes'] as const).filter((name) => options[name] !== undefined);
  if (given.length > 1) {
    throw new InvalidArgument(`a request has one body, not ${given.join(' and ')}`);
  }
  const typed = (type: string, text: string): Body => {
    if (!headers.some(([name]) => name.toLowerCase() === 'content-type')) {
      headers.push(['content-type', type]);
    }
    return { tag: 'text', val: text };
  };
  switch (given[0]) {
    case 'json': return typed('application/json', jsonOf(options.json));
    case 'form': return typed('application/x-www-form-urlencoded', formEncode(options.form ?? {}));
    case 'text': return { tag: 'text', val: checked(options.text, 'body') };
    case 'bytes':
      if (!(options.bytes instanceof Uint8Array)) {
        throw new InvalidArgument(`the bytes of a request must be a Uint8Array, not ${describeKind(options.bytes)}`);
      }
      return { tag: 'bytes', val: options.bytes };
    default: return undefined;
  }
}

function jsonOf(value: unknown): string {
  return typeof value === 'string' && /^\s*[{[]/.test(value) ? checked(value, 'body') : stringify(value, 'the body');
}

function credentialOf(credential: Credential): ContractCredential {
  if (credential === 'bearer' || credential === 'basic') {
    return { tag: credential };
  }
  const { tag, val } = credential as { tag?: unknown; val?: Record<string, unknown> };
  const isPlacement = (tag === 'header' || tag === 'query')
    && ['name', 'secretKey', 'prefix'].every((name) => typeof val?.[name] === 'string');
  const isSigned = tag === 'signed' && typeof val?.scheme === 'string' && Array.isArray(val.parameters);
  if (tag === 'bearer' || tag === 'basic' || isPlacement || isSigned) {
    return credential;
  }
  throw new InvalidArgument("a credential is 'bearer', 'basic', secretHeader(...), secretQuery(...) or signed(...)");
}

/** Named texts as pairs, each checked, since an engine would lose or change what is no text. */
function pairsOf(values: Headers, what: string): [string, string][] {
  const entries = Symbol.iterator in values ? [...values] : Object.entries(values);
  return entries.map(([name, value]) => [checked(name, what), checked(value, what)]);
}

function checked(text: unknown, what: string): string {
  if (typeof text !== 'string' || !isWellFormed(text)) {
    throw new InvalidArgument(`the ${what} of a request must be text, not ${describeKind(text)}`);
  }
  return text;
}

/**
 * An answer. Its body stays on the host until it is asked for, {@link emitJson} has used it up, or the call ends.
 *
 * A failure nobody looked at is not a success: if a status was not 2xx and neither {@link status} nor {@link ensureOk} was
 * asked, and the connector then reports success, the host lets the operation fail with that status.
 */
export class Response {
  /** The host's side of it, for {@link emitJson}. */
  readonly handle: HostResponse;
  /** Address that was asked. */
  readonly url: string;

  /** @internal */
  constructor(handle: HostResponse, url: string) {
    this.handle = handle;
    this.url = url;
  }

  /** Status, 200 to 599. */
  get status(): number {
    return this.handle.status();
  }

  /** Whether the status is 2xx. */
  get ok(): boolean {
    const status = this.status;
    return status >= 200 && status < 300;
  }

  /** One header, in any letter case; values of one that came more than once are joined by `, `. */
  header(name: string): string | undefined {
    return this.handle.header(name) ?? undefined;
  }

  /** All headers, names in lower case. */
  headers(): [string, string][] {
    return this.handle.headers();
  }

  /**
   * The answer itself if its status is 2xx.
   *
   * @throws {HttpError} with the status and the seconds the application asks to wait, otherwise.
   */
  ensureOk(): this {
    asked(() => this.handle.ensureOk());
    return this;
  }

  /**
   * The body as text.
   *
   * @throws {ServerError} if it is not UTF-8.
   */
  text(): string {
    return asked(() => this.handle.text());
  }

  /** The body as bytes. */
  bytes(): Uint8Array {
    return asked(() => this.handle.data());
  }

  /**
   * The body as a value.
   *
   * @throws {ServerError} if it is not JSON.
   */
  json(): unknown {
    return parse(this.text());
  }

  /**
   * JSON text of the value at a JSON pointer (RFC 6901), such as `/meta/next`; the whole body for an empty one; `undefined`
   * if there is no such value.
   *
   * @throws {ServerError} if the body is not JSON.
   */
  jsonAt(pointer: string): string | undefined {
    return asked(() => this.handle.jsonAt(pointer)) ?? undefined;
  }

  /**
   * Text at a JSON pointer: a string without its quotes, anything else as written; `undefined` if absent or null. With it a
   * next token needs no JSON parser.
   *
   * @throws {ServerError} if the body is not JSON.
   */
  textAt(pointer: string): string | undefined {
    return asked(() => this.handle.textAt(pointer)) ?? undefined;
  }

  /** Lets the body go now rather than at the end of the call; worth it where one call reads many answers. */
  dispose(): void {
    release(this.handle);
  }

  /** The same, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Parses JSON; engines quote what they read in their messages, so those stay out. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServerError('the application answered with something that is not JSON');
  }
}
