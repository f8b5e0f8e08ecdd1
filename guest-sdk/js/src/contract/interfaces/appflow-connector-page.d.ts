// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.
/// <reference path="./appflow-connector-common.d.ts" />
/// <reference path="./appflow-connector-http.d.ts" />
declare module 'appflow:connector/page@0.1.0' {
  /**
   * Adds a record, the text of one JSON object; false if it found no room. Fails with `invalid-argument` if it is not
   * one JSON object, or is larger than a whole page may be.
   */
  export function emit(json: string): boolean;
  /**
   * Adds records that lie end to end in a text, by their end offsets in UTF-8 bytes; returns how many found room.
   * Quicker than `emit` for many small records.
   */
  export function emitBatch(text: string, ends: Uint32Array): number;
  /**
   * Adds the records of a JSON array in an answer's body, without moving them through the connector.
   *
   * The array lies at a JSON pointer (RFC 6901), such as `/records`, or is the whole body for an empty one. The first
   * `skip` records are passed over. Each record becomes an object of the picked fields in the order of the picks, or
   * stays as it is if there are none. A picked text that is nothing but a point in time with an offset without colon,
   * such as `2025-01-31T12:00:00.000+0000`, gets the colon that AppFlow insists on, unless the entity's definition says
   * that the field is of another type. The body is used up. Fails with
   * `http` unless the status is 2xx, with `server-error` if the body is not JSON or holds no array there.
   */
  export function emitJson(response: Response, pointer: string, picks: Array<FieldPick>, skip: number): Emitted;
  /**
   * Room left; where one value is 0, the page is full.
   */
  export function room(): Space;
  export type Error = import('appflow:connector/common@0.1.0').Error;
  export type Response = import('appflow:connector/http@0.1.0').Response;
  /**
   * A field of an output record.
   */
  export interface FieldPick {
    /**
     * Its key in the record.
     */
    name: string,
    /**
     * Key in the application's record, or, beginning with `/`, a JSON pointer (RFC 6901) into it. A value that is
     * absent is left out.
     */
    path: string,
  }
  /**
   * What became of an array of records.
   */
  export interface Emitted {
    /**
     * Records of this array taken into the page now.
     */
    taken: number,
    /**
     * Records of this array that found no room. If it is not 0, go on next time after the ones skipped and taken.
     */
    left: number,
    /**
     * Records in the whole array.
     */
    total: number,
    /**
     * The other top-level values of the answer, such as totals and links, as a JSON object; `{}` if the array is the
     * whole answer.
     */
    rest: string,
  }
  /**
   * Room left in the page.
   */
  export interface Space {
    /**
     * Records.
     */
    recordsLeft: number,
    /**
     * Bytes of the answer, after escaping.
     */
    bytesLeft: number,
    /**
     * Milliseconds of the time for the whole call.
     */
    millisLeft: number,
  }
}
