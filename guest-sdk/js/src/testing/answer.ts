/** Both halves of an exchange with the application. */
import type { Credential } from 'appflow:connector/http@0.1.0';

import { ConnectorError } from '../errors.js';
import { utf8 } from '../text.js';

/** A request the connector sent. */
export class Sent {
  /** Method in capitals. */
  readonly method: string;
  /** Whole address. */
  readonly url: string;
  /** Headers as given. */
  readonly headers: readonly (readonly [string, string])[];
  /** Body as text; empty for none. */
  readonly body: string;
  /** Credentials to put in. */
  readonly credential: Credential | undefined;

  /** @internal */
  constructor(init: { method: string; url: string; headers: [string, string][]; body: string; credential: Credential | undefined }) {
    this.method = init.method;
    this.url = init.url;
    this.headers = init.headers;
    this.body = init.body;
    this.credential = init.credential;
  }

  /** The path of the address, as it was written. */
  get path(): string {
    return /^[^:]+:\/\/[^/?#]*([^?#]*)/.exec(this.url)?.[1] ?? '';
  }

  /** The value of a query parameter, decoded; the first if there are more. */
  query(name: string): string | undefined {
    const text = this.url.includes('?') ? this.url.slice(this.url.indexOf('?') + 1) : '';
    return new Map(text.split('&').reverse().map((pair) => {
      const [key = '', value = ''] = pair.split('=').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
      return [key, value] as const;
    })).get(name);
  }

  /** The value of a header, in any letter case; the first if there are more. */
  header(name: string): string | undefined {
    return this.headers.find(([own]) => own.toLowerCase() === name.toLowerCase())?.[1];
  }

  /** The body as a value of JSON. */
  json(): unknown {
    return JSON.parse(this.body);
  }
}

/** What the application answers. */
export class Answer {
  /** @internal */
  readonly parts: { status: number; headers: [string, string][]; body: Uint8Array; failure: ConnectorError | undefined };

  private constructor(parts: Answer['parts']) {
    this.parts = parts;
  }

  /** Status 200 with a body of JSON: a value, or, as a text, JSON as it is written. */
  static json(value: unknown): Answer {
    return Answer.status(200).header('content-type', 'application/json')
      .body(typeof value === 'string' ? value : JSON.stringify(value));
  }

  /** A status without a body. */
  static status(status: number): Answer {
    return new Answer({ status, headers: [], body: new Uint8Array(), failure: undefined });
  }

  /** No answer: sending fails with this error. */
  static failure(error: ConnectorError): Answer {
    return new Answer({ ...Answer.status(200).parts, failure: error });
  }

  /** The same with one more header. */
  header(name: string, value: string): Answer {
    return new Answer({ ...this.parts, headers: [...this.parts.headers, [name.toLowerCase(), value]] });
  }

  /** The same with a body. */
  body(body: string | Uint8Array): Answer {
    return new Answer({ ...this.parts, body: typeof body === 'string' ? utf8(body) : body });
  }
}
