/**
 * Writing issues and comments, record by record: GitHub has neither batches nor transactions, nor a key by which a request sent
 * twice would be known.
 */
import {
  ConnectorError, http, HttpError, InvalidArgument, invocation, Unsupported, type WriteRequest, type WriteResults,
} from '@appflow-wasm/connector';

import { API, checked, type GitHub, type Repository } from './api.js';
import { derivedOf, type Kind } from './entities.js';

/** Begins the result of a record that may have been written all the same. */
const UNKNOWN = 'not known to be written: ';

/** Codes of errors that are about one record; the others are about the connection, or about GitHub. */
const ABOUT_RECORD = ['invalid-argument', 'client-error'];

/** Codes after which nobody can know. */
const UNSURE = ['server-error', 'request-timeout', 'service-unavailable', 'unknown-error'];

/** Milliseconds that a record should have, where none has been slower. */
const LEAST_MILLIS = 2_000;

/** Writes the records of a request. */
export function write(github: GitHub, kind: Kind, request: WriteRequest, repository: Repository): WriteResults {
  const { operation } = request;
  if (!(kind.writes as readonly string[]).includes(operation)) {
    throw new Unsupported(`${operation} of ${kind.name}`);
  }
  const other = request.idFields.find((name) => name !== kind.key);
  if (other !== undefined) {
    throw new Unsupported(`writing by '${other.slice(0, 128)}'; ${kind.name} are found by '${kind.key}'`);
  }
  const results = request.results();
  let slowest = 0;
  let left = invocation.millisLeft();
  for (const [index, record] of request.values().entries()) {
    if (index > 0) {
      const before = left;
      left = invocation.millisLeft();
      slowest = Math.max(slowest, before - left);
      // One that is cut off by the end of the time may have been written, and nobody would know.
      if (left < Math.max(2 * slowest, LEAST_MILLIS)) {
        results.failRest('not sent, because the time was nearly over');
        break;
      }
    }
    const own = identifierOf(record[kind.key]);
    try {
      results.written(index, writeOne(github, kind, operation, record, repository) ?? own ?? '');
    } catch (error) {
      if (!(error instanceof ConnectorError)) {
        throw error;
      }
      const isWhole = !ABOUT_RECORD.includes(error.code) || isAboutRepository(error, kind, operation);
      const isUnsure = UNSURE.includes(error.code);
      if (index === 0 && isWhole) {
        // Nothing before it was written, so the error says it all.
        throw isUnsure ? error.context('the first record is not known to be written') : error;
      }
      const wait = error.retryAfterSeconds === undefined ? '' : `; to be tried again after ${error.retryAfterSeconds} seconds`;
      results.failed(index, (isUnsure ? UNKNOWN : '') + error.message + wait, own ?? '');
      if (isWhole || request.allOrNone) {
        results.failRest('not tried, as a record before it failed');
        break;
      }
    }
  }
  return results;
}

/** Whether a record was refused since there is no repository, so that all others would be. */
function isAboutRepository(error: ConnectorError, kind: Kind, operation: string): boolean {
  return kind.name === 'issues' && operation === 'insert' && error instanceof HttpError && [301, 404, 410].includes(error.status);
}

/** Writes one record; gives its identifier. */
function writeOne(
  github: GitHub, kind: Kind, operation: string, record: Record<string, unknown>, repository: Repository,
): string | undefined {
  const repo = http.join(API, 'repos', repository.owner, repository.name, 'issues');
  const collection = kind.name === 'issues' ? repo : `${repo}/comments`;
  if (operation === 'insert') {
    const { issue_number: issue, ...fields } = record;
    const body = bodyOf(kind, 'creatable', kind.name === 'comments' ? fields : record);
    const url = kind.name === 'issues' ? collection : http.join(repo, needed(issue, 'issue_number'), 'comments');
    return sent(github, 'POST', url, body, kind, kind.name === 'issues' ? 'repository' : 'issue');
  }
  const url = http.join(collection, needed(record[kind.key], kind.key));
  const what = kind.name === 'issues' ? 'issue' : 'comment';
  if (operation === 'delete') {
    return sent(github, 'DELETE', url, undefined, kind, what);
  }
  const { [kind.key]: key, ...fields } = record;
  return sent(github, 'PATCH', url, bodyOf(kind, 'updatable', fields), kind, what);
}

function sent(
  github: GitHub, method: string, url: string, json: unknown, kind: Kind, what: string,
): string | undefined {
  const answer = github.send(method, url, json === undefined ? {} : { json });
  try {
    checked(answer, `such ${what}`);
    return answer.status === 204 ? undefined : answer.textAt(`/${kind.key}`);
  } finally {
    answer.dispose();
  }
}

/** What GitHub takes of a record; what it would ignore is refused. */
function bodyOf(kind: Kind, way: 'creatable' | 'updatable', record: Record<string, unknown>): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    if (derivedOf(kind, name)?.[way] !== true) {
      throw new InvalidArgument(`the field '${name.slice(0, 128)}' of ${kind.name} cannot be written${way === 'creatable' ? ' at first' : ''}`);
    }
    body[name] = asTaken(name, value);
  }
  return body;
}

/** GitHub gives objects where it takes their names or numbers. */
function asTaken(name: string, value: unknown): unknown {
  const part = { milestone: 'number', type: 'name', assignees: 'login', labels: 'name' }[name];
  if (part === undefined) {
    return value;
  }
  const named = (one: unknown): unknown => (typeof one === 'object' && one !== null && part in one ? (one as Record<string, unknown>)[part] : one);
  return Array.isArray(value) ? value.map(named) : named(value);
}

/** The number of an issue or the identifier of a comment; `undefined` if a value is none. */
export function identifierOf(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return /^[1-9]\d{0,14}$/.test(text) ? text : undefined;
}

function needed(value: unknown, name: string): string {
  const found = identifierOf(value);
  if (found === undefined) {
    throw new InvalidArgument(`the record has no ${name}, or one that is no number`);
  }
  return found;
}
