/** The fake host itself. */
import type { EntityDefinition as ContractDefinition } from 'appflow:connector/common@0.1.0';
import type { Secret as ContractSecret } from 'appflow:connector/credentials@0.1.0';
import type { Request } from 'appflow:connector/http@0.1.0';
import type { FieldPick } from 'appflow:connector/page@0.1.0';
import type { Level } from 'appflow:connector/log@0.1.0';

import type { Exports } from '../connector.js';
import { HttpError, InvalidArgument, ServerError } from '../errors.js';
import type { Secret } from '../credentials.js';
import { install, isInstalled } from '../host/native.js';
import type { Host, HostResponse } from '../host/imports.js';
import { entityDescription, type EntityDefinition } from '../schema.js';
import { utf8Length } from '../text.js';
import { Answer, Sent } from './answer.js';
import * as json from './json.js';
import { Served } from './served.js';

/** Bytes of an answer that Lambda allows, less what the host keeps for the frame. */
const USUAL_BYTES = 6_000_000;

/** What a fake host may differ in. */
export interface FakeHostOptions {
  /** Most records of a page; those of the request unless given. */
  limit?: number;
  /** Most bytes of a page, counted without escapes; 6,000,000 unless given. */
  bytes?: number;
  /** Simulated time of a call in milliseconds; 60,000 unless given. */
  millis?: number;
  /** What each request takes of it; 0 unless given. */
  millisPerRequest?: number;
  /** Credentials of the connection; an OAuth 2 token unless given. */
  secret?: Secret;
  /** The entity definition AppFlow sends along; none unless given. */
  entity?: EntityDefinition;
}

/** What one call did. */
export interface Run<T> {
  /** What it returned. */
  value: T;
  /** Records in the page. */
  records: unknown[];
  /** The same, each as the text of a JSON object. */
  texts: string[];
  /** Requests in order. */
  requests: Sent[];
  /** Log lines in order. */
  logs: { level: Level; message: string; fields: Record<string, string> }[];
}

/**
 * A host in memory. It follows no redirects: a 3xx is an answer, where the real host follows what GET is led to on the same origin.
 */
export class FakeHost {
  readonly #application: (request: Sent) => Answer;
  readonly #options: FakeHostOptions;
  #last: Run<undefined> | undefined;

  /** @param application What the application answers to a request. */
  constructor(application: (request: Sent) => Answer = () => Answer.status(404), options: FakeHostOptions = {}) {
    this.#application = application;
    this.#options = options;
  }

  /** What the last call did, also where it failed. */
  get last(): Run<undefined> {
    if (this.#last === undefined) {
      throw new Error('no call was made yet');
    }
    return this.#last;
  }

  /** The connector as AppFlow sees it through this host. */
  serve(connector: Exports): Served {
    return new Served(this, connector);
  }

  /**
   * Makes one call with this host in place, of any function that uses it.
   *
   * @param limit Most records of the page, where the options name none; 1,000 unless given.
   */
  async run<T>(call: () => T | Promise<T>, limit = 1000): Promise<Run<T>> {
    if (isInstalled()) {
      throw new Error('one host was run inside another, or two at once: await each call');
    }
    const state: CallState = {
      application: this.#application,
      options: { limit, ...this.#options },
      texts: [], bytes: 0, requests: [], logs: [],
      millisLeft: this.#options.millis ?? 60_000,
    };
    install(imports(state));
    try {
      const value = await call();
      return { ...this.#done(state), value };
    } finally {
      install(undefined);
      this.#last = this.#done(state);
    }
  }

  #done(state: CallState): Run<undefined> {
    const { texts, requests, logs } = state;
    return { value: undefined, texts, records: texts.map((text) => JSON.parse(text) as unknown), requests, logs };
  }
}

interface CallState {
  application: (request: Sent) => Answer;
  options: FakeHostOptions;
  texts: string[];
  bytes: number;
  millisLeft: number;
  requests: Sent[];
  logs: Run<undefined>['logs'];
}

function imports(state: CallState): Host {
  const { options } = state;
  const most = options.bytes ?? USUAL_BYTES;
  const recordsLeft = (): number => Math.max((options.limit ?? 1000) - state.texts.length, 0);
  const take = (record: string): boolean => {
    const bytes = utf8Length(record);
    if (bytes > most) {
      throw new InvalidArgument('a record is larger than a whole page may be');
    }
    if (state.bytes + bytes > most || recordsLeft() === 0 || state.millisLeft === 0) {
      return false;
    }
    state.bytes += bytes;
    state.texts.push(record);
    return true;
  };
  const emit = (record: string): boolean => {
    if (!json.isObject(record)) {
      throw new InvalidArgument('a record must be one JSON object');
    }
    return take(record);
  };
  return {
    send: (request) => send(state, request),
    emit,
    emitJson: (response, pointer, picks, skip) => emitJson(response, pointer, picks, skip, take),
    room: () => ({ recordsLeft: recordsLeft(), bytesLeft: Math.max(most - state.bytes, 0), millisLeft: state.millisLeft }),
    current: () => ({ requestId: 'test-request', flowName: 'test-flow' }),
    entity: () => definition(options.entity),
    entityJson: () => (options.entity === undefined ? undefined : JSON.stringify(definition(options.entity))),
    millisLeft: () => state.millisLeft,
    credentials: () => secret(options.secret ?? { kind: 'oauth2', token: 'sealed' }),
    log: (level, message, fields) => {
      state.logs.push({ level, message, fields: Object.fromEntries(fields) });
    },
    waits: true,
  };
}

function definition(entity: EntityDefinition | undefined): ContractDefinition | undefined {
  return entity === undefined ? undefined : entityDescription(entity, 'entity').definition;
}

function secret(own: Secret): ContractSecret {
  switch (own.kind) {
    case 'absent': return { tag: 'absent' };
    case 'basic': return { tag: 'basic', val: { username: own.username, password: own.password } };
    case 'api-key': return { tag: 'api-key', val: { key: own.key, ...(own.secret === undefined ? {} : { secret: own.secret }) } };
    case 'oauth2': return { tag: 'oauth2', val: own.token };
    case 'custom': return { tag: 'custom', val: { scheme: own.scheme, values: [...own.values] } };
  }
}

function send(state: CallState, request: Request): HostResponse {
  const { body } = request;
  const sent = new Sent({
    method: request.method,
    url: request.url,
    headers: request.headers,
    body: body === undefined ? '' : body.tag === 'text' ? body.val : new TextDecoder().decode(body.val),
    credential: request.credential,
  });
  state.requests.push(sent);
  state.millisLeft = Math.max(state.millisLeft - (state.options.millisPerRequest ?? 0), 0);
  const { failure, status, headers, body: bytes } = state.application(sent).parts;
  if (failure !== undefined) {
    throw failure;
  }
  let gone = false;
  const held = (): Uint8Array => {
    if (gone) {
      throw new Error('the body of this answer was let go, or used up by emitJson');
    }
    return bytes;
  };
  const text = (): string => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(held());
    } catch (error) {
      throw gone ? error : new ServerError('the body is not UTF-8');
    }
  };
  const header = (name: string): string | undefined => {
    const values = headers.filter(([own]) => own === name.toLowerCase()).map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(', ');
  };
  return {
    status: () => status,
    header,
    headers: () => headers,
    ensureOk: () => {
      if (status < 200 || status > 299) {
        const wait = header('retry-after');
        throw new HttpError(status, `the application answered with status ${status}`, {
          retryAfterSeconds: wait !== undefined && /^\d{1,9}$/.test(wait) ? Number(wait) : undefined,
        });
      }
    },
    text,
    data: held,
    jsonAt: (pointer) => json.at(text(), pointer),
    textAt: (pointer) => json.plain(json.at(text(), pointer)),
    [Symbol.dispose]: () => {
      gone = true;
    },
  };
}

function emitJson(
  response: HostResponse, pointer: string, picks: FieldPick[], skip: number, take: (record: string) => boolean,
): { taken: number; left: number; total: number; rest: string } {
  response.ensureOk();
  const body = response.text();
  const records = json.items(json.at(body, pointer));
  const others = json.rest(body, pointer);
  response[Symbol.dispose]();
  let taken = 0;
  for (const record of records.slice(skip)) {
    const picked = json.pick(record, picks);
    if (!json.isObject(picked)) {
      throw new InvalidArgument('a record must be one JSON object');
    }
    if (!take(picked)) {
      break;
    }
    taken += 1;
  }
  return { taken, left: Math.max(records.length - skip - taken, 0), total: records.length, rest: others };
}
