// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.
/// <reference path="./appflow-connector-common.d.ts" />
declare module 'appflow:connector/source@0.1.0' {
  /**
   * Reads one page; returns the token of the next one, none at the end.
   *
   * A token is any text of at most 1,475 bytes of UTF-8, says everything the next call needs, and holds no secret and
   * no value of a record. An empty token counts as none. The host seals it: nobody reads or changes it on its way, and it
   * comes back only with the same entity, filter, fields, API version and connection. A run that goes in circles is ended
   * with an error: a token that was there before, the records of the page before once more, a thousand empty pages.
   */
  export function query(context: Context, request: QueryRequest): string | undefined;
  /**
   * Fetches the records whose `id-field` has one of these values. There are no further pages: all of them, or an
   * error. An identifier that no record has is left out.
   */
  export function retrieve(context: Context, request: RetrieveRequest): void;
  export type Error = import('appflow:connector/common@0.1.0').Error;
  export type Context = import('appflow:connector/common@0.1.0').Context;
  /**
   * Records to fetch by identifier.
   */
  export interface RetrieveRequest {
    /**
     * Identifier of the entity.
     */
    entity: string,
    /**
     * Fields wanted; empty for all.
     */
    fields: Array<string>,
    /**
     * Field the values belong to; none for the entity's key field.
     */
    idField?: string,
    /**
     * Values to look for.
     */
    ids: Array<string>,
  }
  /**
   * How a field is compared.
   * # Variants
   *
   * ## `"equal"`
   *
   * `=`
   * ## `"not-equal"`
   *
   * `!=`
   * ## `"less"`
   *
   * `<`
   * ## `"less-or-equal"`
   *
   * `<=`
   * ## `"greater"`
   *
   * `>`
   * ## `"greater-or-equal"`
   *
   * `>=`
   * ## `"contains"`
   *
   * The field's text contains the value.
   */
  export type Comparator = 'equal' | 'not-equal' | 'less' | 'less-or-equal' | 'greater' | 'greater-or-equal' | 'contains';
  /**
   * A value in a condition.
   */
  export type Literal =
    | {
      /**
       * Text without its quotes, escapes resolved.
       */
      tag: 'text',
      val: string,
    }
    | {
      /**
       * Number as written.
       */
      tag: 'number',
      val: string,
    }
    | {
      /**
       * True or false.
       */
      tag: 'boolean',
      val: boolean,
    }
    | {
      /**
       * Calendar day, `YYYY-MM-DD`.
       */
      tag: 'date',
      val: string,
    }
    | {
      /**
       * Point in time, `YYYY-MM-DDThh:mm:ss[.fff]Z`.
       */
      tag: 'date-time',
      val: string,
    }
    | {
      /**
       * No value.
       */
      tag: 'null',
    };
  /**
   * A field against a value.
   */
  export interface Comparison {
    /**
     * Name of the field.
     */
    field: string,
    /**
     * How.
     */
    operator: Comparator,
    /**
     * Value.
     */
    value: Literal,
  }
  /**
   * A field between two values.
   */
  export interface Interval {
    /**
     * Name of the field.
     */
    field: string,
    /**
     * Lower value.
     */
    low: Literal,
    /**
     * Upper value.
     */
    high: Literal,
  }
  /**
   * A field with one of some values.
   */
  export interface Membership {
    /**
     * Name of the field.
     */
    field: string,
    /**
     * Values.
     */
    values: Array<Literal>,
  }
  /**
   * A node of a condition; numbers are places in the list of nodes.
   */
  export type FilterNode =
    | {
      /**
       * All of these.
       */
      tag: 'all-of',
      val: Uint32Array,
    }
    | {
      /**
       * At least one of these.
       */
      tag: 'any-of',
      val: Uint32Array,
    }
    | {
      /**
       * Not this.
       */
      tag: 'negate',
      val: number,
    }
    | {
      /**
       * A field against a value.
       */
      tag: 'compare',
      val: Comparison,
    }
    | {
      /**
       * A field between two values, both included.
       */
      tag: 'between',
      val: Interval,
    }
    | {
      /**
       * A field with one of some values.
       */
      tag: 'one-of',
      val: Membership,
    }
    | {
      /**
       * A condition newer than this contract, as text. Refuse it with `unsupported`.
       */
      tag: 'other',
      val: string,
    };
  /**
   * A condition, as text and parsed. The host has checked it against AppFlow's grammar; fields and types are the
   * connector's to check.
   */
  export interface Filter {
    /**
     * Text as AppFlow sent it.
     */
    text: string,
    /**
     * Nodes; the first is the root, children come after their parent, empty if there is only a limit.
     */
    nodes: Array<FilterNode>,
    /**
     * Most records in all, over all pages, 1 or more. (AppFlow's own grammar begins at 10; the host takes any.)
     */
    limit?: number,
  }
  /**
   * What to read.
   */
  export interface QueryRequest {
    /**
     * Identifier of the entity.
     */
    entity: string,
    /**
     * Fields wanted; empty for all. A record must not have others.
     */
    fields: Array<string>,
    /**
     * Condition; none for all records.
     */
    filter?: Filter,
    /**
     * Most records AppFlow takes in this page, 1 or more. `page` keeps to it; ask the application for no more.
     */
    limit: number,
    /**
     * Token the connector returned for the page before; none for the first page.
     */
    token?: string,
  }
}
