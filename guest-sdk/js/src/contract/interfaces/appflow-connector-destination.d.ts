// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.
/// <reference path="./appflow-connector-common.d.ts" />
declare module 'appflow:connector/destination@0.1.0' {
  /**
   * Writes records and returns one result for each, in the same order. The error is for when nothing was written, or
   * nobody can know what was; records that failed while others did not are results. After a request that may have
   * changed something, an error whose code says that nothing was done, such as `rate-limit-exceeded`, reaches AppFlow as
   * `unknown-error`, because AppFlow may send all records again.
   */
  export function write(context: Context, request: WriteRequest): Array<WriteResult>;
  export type Error = import('appflow:connector/common@0.1.0').Error;
  export type Context = import('appflow:connector/common@0.1.0').Context;
  /**
   * What to do with the records.
   * # Variants
   *
   * ## `"insert"`
   *
   * New records.
   * ## `"update"`
   *
   * Changes of known records.
   * ## `"upsert"`
   *
   * Insert or update.
   * ## `"delete"`
   *
   * Removal.
   */
  export type Operation = 'insert' | 'update' | 'upsert' | 'delete';
  /**
   * Records to write.
   */
  export interface WriteRequest {
    /**
     * Identifier of the entity.
     */
    entity: string,
    /**
     * What to do.
     */
    operation: Operation,
    /**
     * Fields that identify a record; empty for an insert.
     */
    idFields: Array<string>,
    /**
     * Records as JSON objects.
     */
    records: Array<string>,
    /**
     * Write all records or none; where the application cannot, stop at the first failure.
     */
    allOrNone: boolean,
  }
  /**
   * What became of one record.
   */
  export interface WriteResult {
    /**
     * Identifier in the application, for a failed record the one it came with; empty if unknown.
     */
    recordId: string,
    /**
     * Why it failed; none if it was written.
     */
    error?: string,
  }
}
