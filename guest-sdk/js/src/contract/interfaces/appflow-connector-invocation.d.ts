// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.
/// <reference path="./appflow-connector-common.d.ts" />
declare module 'appflow:connector/invocation@0.1.0' {
  /**
   * Names for logs and caches.
   */
  export function current(): Details;
  /**
   * The entity as the connector last described it, if AppFlow sent it along.
   */
  export function entity(): EntityDefinition | undefined;
  /**
   * The same as the JSON text AppFlow sent, with whatever this contract has no place for.
   */
  export function entityJson(): string | undefined;
  /**
   * Milliseconds left to answer, 0 if none.
   */
  export function millisLeft(): number;
  export type EntityDefinition = import('appflow:connector/common@0.1.0').EntityDefinition;
  /**
   * Names for logs and caches.
   */
  export interface Details {
    /**
     * Identifier of this request.
     */
    requestId: string,
    /**
     * Name of the flow.
     */
    flowName?: string,
    /**
     * Identifier of the flow's run.
     */
    executionId?: string,
    /**
     * Label of the connection.
     */
    profileLabel?: string,
  }
}
