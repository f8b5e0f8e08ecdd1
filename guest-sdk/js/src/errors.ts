/**
 * Errors, which always reach AppFlow as one of the contract's.
 *
 * Each class stands for one of AppFlow's codes. Imports such as {@link http} fail with the same classes, so an error that
 * nobody catches arrives as it was. Anything else that is thrown becomes `UnknownError`, with its text and stack in the
 * log and not in the answer.
 */
import type { Error as ContractError, ErrorCode } from 'appflow:connector/common@0.1.0';

import { describeKind, wellFormed } from './text.js';

export type { ContractError, ErrorCode };

/** What the constructors of all errors take beside the message. */
export interface ErrorDetails {
  /** Seconds after which a retry makes sense, 0 to 2,147,483,647. */
  retryAfterSeconds?: number | undefined;
  /** What led to it. Goes to the log, never into the answer. */
  cause?: unknown;
}

/** The largest number that both engines hand over unchanged. */
export const LARGEST_NUMBER = 2_147_483_647;

/**
 * Why an operation failed; the base of all errors here.
 *
 * The message is shown to AppFlow's users and kept in the history of their flows: one line, no secrets, no contents of
 * records. The host cuts it at 1,024 characters.
 */
export abstract class ConnectorError extends Error {
  /** Seconds after which a retry makes sense, if known. */
  readonly retryAfterSeconds: number | undefined;

  /** @param message One line for the user, without secrets or contents of records. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = new.target.name;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** The code AppFlow will see. */
  abstract get code(): ErrorCode;

  /** The error as the contract has it. Both engines throw what lies here if the error itself leaves the connector. */
  get payload(): ContractError {
    return { tag: 'failed', val: { code: this.code, ...common(this) } };
  }

  /** The same error with what was being done before the message: `listing entities: the answer is no JSON`. */
  context(doing: string): ConnectorError {
    const { tag, val } = this.payload;
    const error = tag === 'unsupported'
      ? new Unsupported(`${doing}: ${val}`, { cause: this })
      : fromContract({ tag, val: { ...val, message: `${doing}: ${val.message}` } } as ContractError, this);
    return error;
  }
}

/** Bad input, or a payload or query that is too large. */
export class InvalidArgument extends ConnectorError {
  get code(): ErrorCode { return 'invalid-argument'; }
}

/** Credentials rejected or expired. With OAuth 2, AppFlow then refreshes the token and asks again. */
export class InvalidCredentials extends ConnectorError {
  get code(): ErrorCode { return 'invalid-credentials'; }
}

/** Known, but not allowed. */
export class AccessDenied extends ConnectorError {
  get code(): ErrorCode { return 'access-denied'; }
}

/** The application did not answer in time. */
export class RequestTimeout extends ConnectorError {
  get code(): ErrorCode { return 'request-timeout'; }
}

/** Too many requests. */
export class RateLimitExceeded extends ConnectorError {
  get code(): ErrorCode { return 'rate-limit-exceeded'; }
}

/** Temporarily down. */
export class ServiceUnavailable extends ConnectorError {
  get code(): ErrorCode { return 'service-unavailable'; }
}

/** Any other fault of the caller. */
export class ClientError extends ConnectorError {
  get code(): ErrorCode { return 'client-error'; }
}

/** Any other fault of the application, such as an answer that makes no sense. */
export class ServerError extends ConnectorError {
  get code(): ErrorCode { return 'server-error'; }
}

/** Nothing else fits. */
export class UnknownError extends ConnectorError {
  get code(): ErrorCode { return 'unknown-error'; }
}

/** Some records of a write failed. Rarely needed: give each record its result instead. */
export class PartialWriteFailure extends ConnectorError {
  get code(): ErrorCode { return 'partial-write-failure'; }
}

/** An AWS resource is missing, such as the secret. */
export class ResourceNotFound extends ConnectorError {
  get code(): ErrorCode { return 'resource-not-found-error'; }
}

/** An answer of the application that is no success; AppFlow's code follows from the status. */
export class HttpError extends ConnectorError {
  /** Status of the answer. */
  readonly status: number;

  /** @param status Status of the answer, 100 to 599. */
  constructor(status: number, message: string, details?: ErrorDetails) {
    super(message, details);
    this.status = status;
  }

  get code(): ErrorCode { return codeOfStatus(this.status); }

  override get payload(): ContractError {
    if (!(Number.isInteger(this.status) && this.status >= 100 && this.status <= 599)) {
      return { tag: 'failed', val: { code: 'server-error', ...common(this) } };
    }
    return { tag: 'http', val: { status: this.status, ...common(this) } };
  }
}

/** What the connector does not do, as in "writing to views". AppFlow is told `InvalidArgument`. */
export class Unsupported extends ConnectorError {
  get code(): ErrorCode { return 'invalid-argument'; }

  override get payload(): ContractError {
    return { tag: 'unsupported', val: wellFormed(String(this.message)) };
  }
}

/** AppFlow's code for the status of an answer, as the host chooses it. */
export function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 400: case 413: case 414: case 422: return 'invalid-argument';
    case 401: return 'invalid-credentials';
    case 403: return 'access-denied';
    case 408: return 'request-timeout';
    case 429: return 'rate-limit-exceeded';
    case 503: return 'service-unavailable';
    default: return status >= 500 && status <= 599 ? 'server-error' : 'client-error';
  }
}

/** Message and wait, as far as they can cross into the host: an author may have put anything there. */
function common(error: ConnectorError): { message: string; retryAfterSeconds?: number } {
  const message = wellFormed(String(error.message));
  const seconds = error.retryAfterSeconds;
  return seconds === undefined || !isCount(seconds) ? { message } : { message, retryAfterSeconds: seconds };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_NUMBER;
}

const CLASSES: Record<ErrorCode, new (message: string, details?: ErrorDetails) => ConnectorError> = {
  'invalid-argument': InvalidArgument,
  'invalid-credentials': InvalidCredentials,
  'access-denied': AccessDenied,
  'request-timeout': RequestTimeout,
  'rate-limit-exceeded': RateLimitExceeded,
  'service-unavailable': ServiceUnavailable,
  'client-error': ClientError,
  'server-error': ServerError,
  'unknown-error': UnknownError,
  'partial-write-failure': PartialWriteFailure,
  'resource-not-found-error': ResourceNotFound,
};

/** The class for an error of the contract. */
export function fromContract(error: ContractError, cause?: unknown): ConnectorError {
  const known = read(error, cause);
  return known ?? new UnknownError('an error that this SDK does not know', { cause });
}

/** The class for a value if it is an error of the contract, as a plain object; none if it is anything else. */
function read(value: unknown, cause: unknown): ConnectorError | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  const details = (own: Record<string, unknown>): ErrorDetails => ({
    cause,
    retryAfterSeconds: isCount(own.retryAfterSeconds) ? own.retryAfterSeconds : undefined,
  });
  const { tag, val } = value;
  if (tag === 'unsupported' && typeof val === 'string') {
    return new Unsupported(val, { cause });
  }
  if (!isObject(val) || typeof val.message !== 'string') {
    return undefined;
  }
  if (tag === 'http' && typeof val.status === 'number') {
    return new HttpError(val.status, val.message, details(val));
  }
  if (tag === 'failed' && typeof val.code === 'string' && Object.hasOwn(CLASSES, val.code)) {
    return new CLASSES[val.code as ErrorCode](val.message, details(val));
  }
  return undefined;
}

/**
 * What was thrown as one of the classes here: the thing itself, the error of an import in either engine's clothes, or
 * none for anything else.
 */
export function known(thrown: unknown): ConnectorError | undefined {
  if (thrown instanceof ConnectorError) {
    return thrown;
  }
  if (!isObject(thrown)) {
    return undefined;
  }
  return read(thrown.payload, undefined) ?? read(thrown, undefined);
}

/** What the log is told of something thrown: its kind, its text and where it was. */
export interface Trace {
  /** Such as `TypeError`, or `a string`. */
  kind: string;
  /** Its text. */
  message: string;
  /** Where it was thrown, one line for each call, and the same of its causes; empty if unknown. */
  stack: string;
}

function textOf(thrown: unknown): string {
  if (!isObject(thrown)) {
    return String(thrown);
  }
  try {
    return JSON.stringify(thrown) ?? '';
  } catch {
    // In a circle, say. What kind of thing it is will have to do.
    return '';
  }
}

/** How many causes of causes are looked at: enough for any real chain, and an end to circles. */
const MOST_CAUSES = 5;

/** Describes anything, whatever its getters do. */
export function trace(thrown: unknown): Trace {
  try {
    if (!(thrown instanceof Error)) {
      return { kind: describeKind(thrown), message: wellFormed(textOf(thrown)), stack: '' };
    }
    let stack = '';
    let cause: unknown = thrown;
    for (let depth = 0; depth < MOST_CAUSES && cause instanceof Error; depth += 1) {
      stack += depth === 0 ? '' : `\ncaused by ${cause.name}: ${cause.message}\n`;
      stack += typeof cause.stack === 'string' ? cause.stack : '';
      cause = cause.cause;
    }
    return { kind: wellFormed(String(thrown.name)), message: wellFormed(String(thrown.message)), stack: wellFormed(stack) };
  } catch {
    return { kind: 'something that cannot be looked at', message: '', stack: '' };
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
