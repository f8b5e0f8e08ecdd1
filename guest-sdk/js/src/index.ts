/// <reference path="./contract/connector.d.ts" preserve="true" />
/**
 * Write Amazon AppFlow connectors in JavaScript or TypeScript, as WebAssembly components.
 *
 * A connector is what {@link connector} returns, exported by default. The host speaks AppFlow's protocol, holds the user's
 * credentials, lets requests out, and keeps to AppFlow's limits.
 *
 * @packageDocumentation
 */
export {
  connector, type Configuration, type Definition, type Destination, type Exports, type Maybe, type Metadata, type Source,
} from './connector.js';
export {
  customScheme, oauth2, type Authentication, type AuthenticationType, type CustomSchemeDescription, type Description,
  type FlagSet, type OAuth2Description, type ParameterDescription, type Scope, type SettingDescription, type SettingError,
  type SettingKind,
} from './description.js';
export {
  field, withoutFilters, type DataType, type Entity, type EntityDefinition, type EntityPage, type Field, type FieldConstraints,
  type FieldOptions, type Operator, type Properties, type StoredDefinition,
} from './schema.js';
export {
  AccessDenied, ClientError, ConnectorError, HttpError, InvalidArgument, InvalidCredentials, PartialWriteFailure,
  RateLimitExceeded, RequestTimeout, ResourceNotFound, ServerError, ServiceUnavailable, UnknownError, Unsupported,
  type ErrorCode, type ErrorDetails,
} from './errors.js';
export {
  QueryRequest, RetrieveRequest, WriteRequest, WriteResults, type ListRequest, type Operation, type QueryInit,
} from './requests.js';
export { Settings, type Context } from './settings.js';
export { At, Next, Paging, type PagingOptions } from './paging.js';
export type { NextOptions } from './next.js';
export type { Emitted, EmitOptions, PageRecord, Pick, Picks, Space } from './page.js';
export {
  condition, conjuncts, fieldsOf, literal, split, visit, type Comparator, type Condition, type Filter, type Literal, type Split,
} from './filter.js';
export { evaluate, type Values } from './evaluate.js';
export { fetch, fetchWith, type FetchInit, type FetchResponse } from './fetch.js';
export * as http from './http.js';
export * as page from './page.js';
export * as token from './token.js';
export * as credentials from './credentials.js';
export * as invocation from './invocation.js';
export * as log from './log.js';
