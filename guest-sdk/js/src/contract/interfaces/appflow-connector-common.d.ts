// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.
declare module 'appflow:connector/common@0.1.0' {
  /**
   * Named texts: settings, headers, custom properties. The order is kept; where a name comes twice the last one
   * counts, except in headers, where both are sent.
   */
  export type Pairs = Array<[string, string]>;
  /**
   * An HTTP status as an error.
   */
  export interface HttpFailure {
    /**
     * Status of the answer.
     */
    status: number,
    /**
     * Value of `Retry-After` in seconds.
     */
    retryAfterSeconds?: number,
    /**
     * One line for the user, without secrets or record contents.
     */
    message: string,
  }
  /**
   * AppFlow's error codes.
   * # Variants
   *
   * ## `"invalid-argument"`
   *
   * Bad input, payload or query too large.
   * ## `"invalid-credentials"`
   *
   * Credentials rejected or expired. With OAuth 2, AppFlow then refreshes the token and asks again.
   * ## `"access-denied"`
   *
   * Known, but not allowed.
   * ## `"request-timeout"`
   *
   * The application did not answer in time.
   * ## `"rate-limit-exceeded"`
   *
   * Too many requests.
   * ## `"service-unavailable"`
   *
   * Temporarily down.
   * ## `"client-error"`
   *
   * Any other fault of the caller.
   * ## `"server-error"`
   *
   * Any other fault of the application.
   * ## `"unknown-error"`
   *
   * Nothing else fits.
   * ## `"partial-write-failure"`
   *
   * Some records of a write failed.
   * ## `"resource-not-found-error"`
   *
   * An AWS resource is missing, such as the secret.
   */
  export type ErrorCode = 'invalid-argument' | 'invalid-credentials' | 'access-denied' | 'request-timeout' | 'rate-limit-exceeded' | 'service-unavailable' | 'client-error' | 'server-error' | 'unknown-error' | 'partial-write-failure' | 'resource-not-found-error';
  /**
   * An error with its AppFlow code.
   */
  export interface Failure {
    /**
     * AppFlow's code.
     */
    code: ErrorCode,
    /**
     * One line for the user, without secrets or record contents.
     */
    message: string,
    /**
     * Seconds after which a retry makes sense.
     */
    retryAfterSeconds?: number,
  }
  /**
   * Why an operation failed. Imports fail with the same type, so an error may simply be passed on.
   *
   * Messages are shown to AppFlow's users and kept in the history of their flows: one line, no secrets, no contents
   * of records. The host cuts them at 1,024 characters and replaces line breaks.
   */
  export type Error =
    | {
      /**
       * An error the connector names itself.
       */
      tag: 'failed',
      val: Failure,
    }
    | {
      /**
       * An answer of the application that is no success; the host chooses AppFlow's code from the status: 400, 413,
       * 414, 422 `invalid-argument`; 401 `invalid-credentials`; 403 `access-denied`; 408 `request-timeout`; 429
       * `rate-limit-exceeded`; 503 `service-unavailable`; other 4xx `client-error`; other 5xx `server-error`.
       */
      tag: 'http',
      val: HttpFailure,
    }
    | {
      /**
       * The connector does not do this; the text says what. AppFlow is told `invalid-argument`.
       */
      tag: 'unsupported',
      val: string,
    };
  /**
   * What every metadata and data operation is told.
   */
  export interface Context {
    /**
     * One of the connector's declared API versions, as the user picked it.
     */
    apiVersion: string,
    /**
     * Settings of the profile and of this side of the flow.
     */
    settings: Pairs,
  }
  /**
   * How a user authenticates.
   * # Variants
   *
   * ## `"basic"`
   *
   * User name and password.
   * ## `"api-key"`
   *
   * API key, perhaps with a secret key.
   * ## `"oauth2"`
   *
   * OAuth 2 access token, refreshed by AppFlow.
   * ## `"custom"`
   *
   * The connector's own scheme.
   */
  export type AuthenticationType = 'basic' | 'api-key' | 'oauth2' | 'custom';
  /**
   * Type of a field.
   * # Variants
   *
   * ## `"text"`
   *
   * Text.
   * ## `"integer"`
   *
   * 32-bit integer.
   * ## `"float"`
   *
   * Single-precision number.
   * ## `"double"`
   *
   * Double-precision number.
   * ## `"long"`
   *
   * 64-bit integer.
   * ## `"short"`
   *
   * 16-bit integer.
   * ## `"big-integer"`
   *
   * Integer without bounds.
   * ## `"big-decimal"`
   *
   * Decimal without bounds.
   * ## `"byte-array"`
   *
   * Base64 text.
   * ## `"boolean"`
   *
   * True or false.
   * ## `"date"`
   *
   * Calendar day.
   * ## `"date-time"`
   *
   * Point in time.
   * ## `"object"`
   *
   * JSON object (AppFlow's Struct).
   * ## `"mapping"`
   *
   * JSON object with free keys (AppFlow's Map).
   * ## `"array"`
   *
   * JSON array (AppFlow's List).
   * ## `"other"`
   *
   * A type newer than this contract. Comes only in definitions that AppFlow hands back; its name is in the JSON
   * text of `invocation.entity-json`. The host refuses it from a connector.
   */
  export type DataType = 'text' | 'integer' | 'float' | 'double' | 'long' | 'short' | 'big-integer' | 'big-decimal' | 'byte-array' | 'boolean' | 'date' | 'date-time' | 'object' | 'mapping' | 'array' | 'other';
  /**
   * What AppFlow can do with a field.
   * # Variants
   *
   * ## `"projection"`
   *
   * Choose fields.
   * ## `"less-than"`
   *
   * `<`
   * ## `"greater-than"`
   *
   * `>`
   * ## `"between"`
   *
   * Between two values.
   * ## `"less-than-or-equal-to"`
   *
   * `<=`
   * ## `"greater-than-or-equal-to"`
   *
   * `>=`
   * ## `"equal-to"`
   *
   * `=`
   * ## `"contains"`
   *
   * Part of a text.
   * ## `"not-equal-to"`
   *
   * `!=`
   * ## `"addition"`
   *
   * Sum.
   * ## `"subtraction"`
   *
   * Difference.
   * ## `"multiplication"`
   *
   * Product.
   * ## `"division"`
   *
   * Quotient.
   * ## `"mask-all"`
   *
   * Mask the whole value.
   * ## `"mask-first-n"`
   *
   * Mask the first characters.
   * ## `"mask-last-n"`
   *
   * Mask the last characters.
   * ## `"validate-non-null"`
   *
   * Value must be present.
   * ## `"validate-non-zero"`
   *
   * Value must not be zero.
   * ## `"validate-non-negative"`
   *
   * Value must not be negative.
   * ## `"validate-numeric"`
   *
   * Value must be a number.
   * ## `"no-op"`
   *
   * Nothing.
   * ## `"other"`
   *
   * An operator newer than this contract. Comes only in definitions that AppFlow hands back; the host refuses it
   * from a connector.
   */
  export type Operator = 'projection' | 'less-than' | 'greater-than' | 'between' | 'less-than-or-equal-to' | 'greater-than-or-equal-to' | 'equal-to' | 'contains' | 'not-equal-to' | 'addition' | 'subtraction' | 'multiplication' | 'division' | 'mask-all' | 'mask-first-n' | 'mask-last-n' | 'validate-non-null' | 'validate-non-zero' | 'validate-non-negative' | 'validate-numeric' | 'no-op' | 'other';
  /**
   * Ways to write.
   */
  export interface WriteOperations {
    /**
     * New records.
     */
    insert?: boolean,
    /**
     * Changes of known records.
     */
    update?: boolean,
    /**
     * Insert or update.
     */
    upsert?: boolean,
    /**
     * Removal.
     */
    delete?: boolean,
  }
  /**
   * A thing with records, or a category of such things.
   */
  export interface Entity {
    /**
     * Stable identifier, without spaces, at most 128 characters: what AppFlow names in later requests.
     */
    id: string,
    /**
     * Name for the user.
     */
    label?: string,
    /**
     * Sentence for the user.
     */
    description?: string,
    /**
     * True for a category: AppFlow lists again with this identifier as path.
     */
    hasNested: boolean,
    /**
     * True where AppFlow may write.
     */
    writable: boolean,
    /**
     * The connector's own remarks, handed back later.
     */
    properties: Pairs,
  }
  /**
   * An inclusive interval. Numbers are JSON numbers written as text, such as `-12.50` or `1e3`, so that decimals of
   * any length stay exact.
   */
  export interface Bounds {
    /**
     * Smallest.
     */
    min: string,
    /**
     * Largest.
     */
    max: string,
  }
  /**
   * Limits of a field's values.
   */
  export interface Constraints {
    /**
     * Shortest and longest text.
     */
    length?: Bounds,
    /**
     * Smallest and largest value.
     */
    value?: Bounds,
    /**
     * The only values allowed; empty for any.
     */
    allowedValues: Array<string>,
    /**
     * Regular expression.
     */
    pattern?: string,
    /**
     * Format of dates.
     */
    dateFormat?: string,
  }
  /**
   * Use of a field when reading.
   */
  export interface ReadProperties {
    /**
     * Can be in a record.
     */
    retrievable?: boolean,
    /**
     * Can be null.
     */
    nullable?: boolean,
    /**
     * Can be in a filter.
     */
    queryable?: boolean,
    /**
     * Can drive incremental flows; dates only. AppFlow has been seen to ask for such a field with `between`, both ends
     * included; which other forms it sends is not documented, so deal with all comparisons of it.
     */
    incremental?: boolean,
  }
  /**
   * Use of a field when writing.
   */
  export interface WriteProperties {
    /**
     * Can be set in an insert.
     */
    creatable?: boolean,
    /**
     * Can be set in an update.
     */
    updatable?: boolean,
    /**
     * Can be set to null.
     */
    nullable?: boolean,
    /**
     * Can be set in an upsert.
     */
    upsertable?: boolean,
    /**
     * The application sets it if absent.
     */
    defaultedOnCreate?: boolean,
  }
  /**
   * A field of an entity.
   */
  export interface Field {
    /**
     * Key in the record, without spaces, at most 128 characters. Only letters, digits, `_`, `.` and `-`, beginning
     * with a letter, can be named in filters.
     */
    name: string,
    /**
     * AppFlow's type.
     */
    dataType: DataType,
    /**
     * The application's name of the type.
     */
    typeLabel?: string,
    /**
     * Name for the user.
     */
    label?: string,
    /**
     * Sentence for the user.
     */
    description?: string,
    /**
     * True for a key field.
     */
    primaryKey: boolean,
    /**
     * True if it should no longer be used.
     */
    deprecated: boolean,
    /**
     * Value used when none is given.
     */
    defaultValue?: string,
    /**
     * Limits of its values.
     */
    constraints?: Constraints,
    /**
     * Use when reading; a flag that is not set is told to AppFlow as false. Most fields are `retrievable` and `queryable`.
     */
    read: ReadProperties,
    /**
     * Use when writing; a flag that is not set is told to AppFlow as false.
     */
    write: WriteProperties,
    /**
     * Operations in which it may identify the record.
     */
    idFor: WriteOperations,
    /**
     * Operators in filters; none means those usual for the type.
     */
    filterOperators?: Array<Operator>,
    /**
     * The connector's own remarks, handed back later.
     */
    properties: Pairs,
  }
  /**
   * An entity with its fields.
   */
  export interface EntityDefinition {
    /**
     * The entity.
     */
    entity: Entity,
    /**
     * Its fields.
     */
    fields: Array<Field>,
    /**
     * The connector's own remarks, handed back later.
     */
    properties: Pairs,
  }
}
