/** The connector: four interfaces, and the edge at which whatever an author does becomes an answer of the contract. */
import type { Context as ContractContext } from 'appflow:connector/common@0.1.0';
import type {
  AuthenticationType as ContractAuthenticationType, Description as ContractDescription, Scope as ContractScope,
} from 'appflow:connector/configuration@0.1.0';
import type { WriteRequest as ContractWrite, WriteResult } from 'appflow:connector/destination@0.1.0';
import type {
  EntityDescription as ContractEntityDescription, EntityPage as ContractEntityPage, ListRequest as ContractList,
} from 'appflow:connector/metadata@0.1.0';
import type { QueryRequest as ContractQuery, RetrieveRequest as ContractRetrieve } from 'appflow:connector/source@0.1.0';
import { host } from '#host';

import { refuse, text, type Shape } from './check.js';
import { description, settingErrors, type AuthenticationType, type Description, type Scope, type SettingError } from './description.js';
import { known, ServerError, trace, UnknownError, Unsupported, type ContractError } from './errors.js';
import { releaseAll } from './host/call.js';
import * as log from './log.js';
import {
  listRequest, queryRequest, retrieveRequest, writeAnswer, writeRequest, type ListRequest, type QueryRequest,
  type RetrieveRequest, type WriteRequest, type WriteResults,
} from './requests.js';
import { entityDescription, entityPage, type Entity, type EntityDefinition, type EntityPage } from './schema.js';
import { Settings, type Context } from './settings.js';
import { describeKind, utf8Length } from './text.js';
import { MAX_LENGTH } from './token.js';

/** A value, or, in StarlingMonkey alone, a promise of one. */
export type Maybe<T> = T | Promise<T>;

/** What the connector is and what it needs. */
export interface Configuration {
  /**
   * Tells what the connector is. AppFlow asks when the connector is registered, without settings or credentials, so requests
   * cannot be made here. `locale`, such as `en-US`, is the language of labels.
   */
  describe(locale: string): Maybe<Description>;

  /**
   * Checks the settings of one scope; an empty array means they are good, which is what it says unless given. The host has
   * checked that required ones are there and that values are of their kind. A setting that is wrong is an answer, not an error.
   */
  validateSettings?(
    scope: Scope, settings: Settings, authentication: AuthenticationType | undefined,
  ): Maybe<readonly SettingError[] | void>;

  /**
   * Checks that the application accepts the credentials, by a small request that needs them.
   *
   * @throws {InvalidCredentials} if it does not; there is nothing to return.
   */
  validateCredentials(settings: Settings): Maybe<void>;
}

/** What can be read and written. */
export interface Metadata {
  /** Lists entities: all of them as an array, or a page with the token of the next. */
  listEntities(context: Context, request: ListRequest): Maybe<readonly Entity[] | EntityPage>;

  /**
   * Describes one entity.
   *
   * @throws {InvalidArgument} if there is no such entity.
   */
  describeEntity(context: Context, entity: string): Maybe<EntityDefinition>;
}

/** Reading. Records go out through {@link page}, not as a result. */
export interface Source {
  /** Reads one page; returns the token of the next one, nothing at the end. See {@link Paging}. */
  query(context: Context, request: QueryRequest): Maybe<string | null | undefined | void>;

  /**
   * Fetches the records whose `idField` has one of these values. There are no further pages: all of them, or an error. An
   * identifier that no record has is left out. Unsupported unless given.
   */
  retrieve?(context: Context, request: RetrieveRequest): Maybe<void>;
}

/** Writing. */
export interface Destination {
  /**
   * Writes records. {@link WriteRequest.results} has the place for the result of each.
   *
   * @throws if nothing was written, or nobody can know what was; records that failed while others did not are results.
   */
  write(
    context: Context, request: WriteRequest,
  ): Maybe<WriteResults | readonly { recordId?: string; error?: string | null | undefined }[]>;
}

/** A connector: each interface a plain object or an instance of a class; at least one of the last two. */
export interface Definition {
  /** What it is. */
  configuration: Configuration;
  /** What can be read and written. */
  metadata: Metadata;
  /** Reading; left out by a connector that only writes. */
  source?: Source;
  /** Writing; left out by a connector that only reads. */
  destination?: Destination;
}

/** What a component exports. Of no use to an author but in tests: `export default connector({...})` is all. */
export interface Exports {
  /** Interface `configuration` of the contract. */
  readonly configuration: {
    describe(locale: string): Maybe<ContractDescription>;
    validateSettings(
      scope: ContractScope, settings: [string, string][], authentication?: ContractAuthenticationType | null,
    ): Maybe<SettingError[]>;
    validateCredentials(settings: [string, string][]): Maybe<void>;
  };
  /** Interface `metadata` of the contract. */
  readonly metadata: {
    listEntities(context: ContractContext, request: ContractList): Maybe<ContractEntityPage>;
    describeEntity(context: ContractContext, entity: string): Maybe<ContractEntityDescription>;
  };
  /** Interface `source` of the contract, if the connector reads. */
  readonly source?: {
    query(context: ContractContext, request: ContractQuery): Maybe<string | undefined>;
    retrieve(context: ContractContext, request: ContractRetrieve): Maybe<void>;
  };
  /** Interface `destination` of the contract, if the connector writes. */
  readonly destination?: {
    write(context: ContractContext, request: ContractWrite): Maybe<WriteResult[]>;
  };
}

/** Methods of each interface; those in the second list may be left out. */
const METHODS = {
  configuration: [['describe', 'validateCredentials'], ['validateSettings']],
  metadata: [['listEntities', 'describeEntity'], []],
  source: [['query'], ['retrieve']],
  destination: [['write'], []],
} as const;

/**
 * Makes a connector. Its module exports the result by default:
 *
 * ```ts
 * export default connector({ configuration, metadata, source });
 * ```
 *
 * @throws {TypeError} when the component is built, if an interface or a method is missing, or has a name that is none.
 */
export function connector(definition: Definition): Exports {
  checkDefinition(definition);
  const { configuration, metadata, source, destination } = definition;
  const exports: { -readonly [Name in keyof Exports]: Exports[Name] } = {
    configuration: {
      describe: (locale) =>
        answer('describe', description, () => configuration.describe(locale)),
      validateSettings: (scope, settings, authentication) =>
        answer('validateSettings', settingErrors, () =>
          configuration.validateSettings?.(scope, new Settings(settings), authentication ?? undefined) ?? undefined),
      validateCredentials: (settings) =>
        answer('validateCredentials', nothing('throw InvalidCredentials if they are not accepted'), () =>
          configuration.validateCredentials(new Settings(settings))),
    },
    metadata: {
      listEntities: (context, request) =>
        answer('listEntities', entityPage as Shape<ContractEntityPage>, () =>
          metadata.listEntities(contextOf(context), listRequest(request))),
      describeEntity: (context, entity) =>
        answer('describeEntity', entityDescription as Shape<ContractEntityDescription>, () =>
          metadata.describeEntity(contextOf(context), entity)),
    },
  };
  if (source !== undefined) {
    exports.source = {
      query: (context, request) =>
        answer('query', token, () => source.query(contextOf(context), queryRequest(request))),
      retrieve: (context, request) =>
        answer('retrieve', nothing('records go out through page.emit'), () => {
          if (source.retrieve === undefined) {
            throw new Unsupported('retrieving records by identifier');
          }
          return source.retrieve(contextOf(context), retrieveRequest(request));
        }),
    };
  }
  if (destination !== undefined) {
    exports.destination = {
      write: (context, request) =>
        answer('write', writeAnswer(request.records.length), () =>
          destination.write(contextOf(context), writeRequest(request))),
    };
  }
  return Object.defineProperty(exports, Symbol.for(ASYNC), { value: asyncMethods(definition) });
}

/** Where the build finds the names of methods that QuickJS cannot run, since it does not wait for promises. */
const ASYNC = 'appflow-connector.async';

function asyncMethods(definition: Definition): string[] {
  const found: string[] = [];
  for (const name of Object.keys(METHODS) as (keyof typeof METHODS)[]) {
    for (const method of METHODS[name].flat()) {
      const own = (definition[name] as Record<string, unknown> | undefined)?.[method];
      if (typeof own === 'function' && own.constructor.name === 'AsyncFunction') {
        found.push(`${name}.${method}`);
      }
    }
  }
  return found;
}

function checkDefinition(definition: Definition): void {
  const wrong = (what: string): never => {
    throw new TypeError(`connector({...}): ${what}`);
  };
  for (const name of Object.keys(definition)) {
    if (!Object.hasOwn(METHODS, name)) {
      wrong(`there is no interface '${name}'; there are ${Object.keys(METHODS).join(', ')}`);
    }
  }
  if (definition.source === undefined && definition.destination === undefined) {
    wrong('give a source, a destination or both');
  }
  for (const name of Object.keys(METHODS) as (keyof typeof METHODS)[]) {
    const own: unknown = definition[name];
    if (own === undefined && (name === 'source' || name === 'destination')) {
      continue;
    }
    if (typeof own !== 'object' || own === null) {
      return wrong(`'${name}' must be an object or an instance of a class, not ${describeKind(own)}`);
    }
    const [needed, optional] = METHODS[name];
    const methods = own as Record<string, unknown>;
    for (const method of needed) {
      if (typeof methods[method] !== 'function') {
        wrong(`'${name}' needs a method '${method}'`);
      }
    }
    for (const method of optional) {
      if (methods[method] !== undefined && typeof methods[method] !== 'function') {
        wrong(`'${name}.${method}' must be a method, not ${describeKind(methods[method])}`);
      }
    }
    // A class may have helpers of its own; in an object literal a name that is none is a method misspelt.
    if (Object.getPrototypeOf(own) === Object.prototype) {
      const others = Object.keys(own).filter((method) => ![...needed, ...optional].includes(method as never));
      if (others.length > 0) {
        wrong(`'${name}' has no method '${others.join("', '")}'; there are ${[...needed, ...optional].join(', ')}`);
      }
    }
  }
}

function contextOf(context: ContractContext): Context {
  return { apiVersion: context.apiVersion, settings: new Settings(context.settings) };
}

/** Nothing at all: what comes back by mistake would be lost without a word. */
function nothing(instead: string): Shape<void> {
  return (value, path) => {
    if (value !== undefined) {
      refuse(path, `must return nothing, not ${describeKind(value)}; ${instead}`);
    }
  };
}

const token: Shape<string | undefined> = (value, path) => {
  if (value === undefined || value === null || value === '') {
    return undefined;
  }
  if (typeof value !== 'string') {
    return refuse(path, `must return the token of the next page, or nothing, not ${describeKind(value)}; records go out through page.emit`);
  }
  const length = utf8Length(text(value, path));
  if (length > MAX_LENGTH) {
    throw new ServerError(`the token of the next page has ${length} bytes, and it may have ${MAX_LENGTH}`);
  }
  return value;
};

/** Makes a call and returns its answer in the shape of the contract, or throws an error of the contract, whatever happens. */
function answer<T>(path: string, shape: Shape<T>, call: () => unknown): Maybe<T> {
  const finish = (value: unknown): T => {
    try {
      return shape(value, path);
    } catch (thrown) {
      throw errorOf(path, thrown);
    } finally {
      releaseAll();
    }
  };
  const fail = (thrown: unknown): never => {
    try {
      releaseAll();
    } catch {
      // What went wrong first is what counts.
    }
    throw errorOf(path, thrown);
  };
  let value: unknown;
  try {
    value = call();
    if (isPromise(value)) {
      if (!host.waits) {
        throw new UnknownError(`${path} is asynchronous, and QuickJS does not wait; build for StarlingMonkey, or use http`);
      }
      return Promise.resolve(value).then(finish, fail);
    }
  } catch (thrown) {
    return fail(thrown);
  }
  return finish(value);
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** An error of the contract for anything that was thrown. */
function errorOf(path: string, thrown: unknown): ContractError {
  try {
    const error = known(thrown);
    if (error !== undefined) {
      // An error made on purpose says itself what a user must know; how it came about is for developers.
      if (error.cause !== undefined) {
        write('debug', path, error);
      }
      return error.payload;
    }
    write('error', path, thrown);
    return unexpected(trace(thrown).kind);
  } catch {
    return unexpected('something that cannot be looked at');
  }
}

function write(level: log.Level, path: string, thrown: unknown): void {
  const { kind, message, stack } = trace(thrown);
  log.write(level, `${path} threw ${kind}`, { error: message, stack });
}

function unexpected(kind: string): ContractError {
  return {
    tag: 'failed',
    val: { code: 'unknown-error', message: `the connector failed unexpectedly (${kind}); its log has the details` },
  };
}
