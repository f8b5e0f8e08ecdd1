// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.
/// <reference path="./appflow-connector-common.d.ts" />
declare module 'appflow:connector/metadata@0.1.0' {
  /**
   * Lists entities.
   */
  export function listEntities(context: Context, request: ListRequest): EntityPage;
  /**
   * Describes one entity.
   */
  export function describeEntity(context: Context, entity: string): EntityDescription;
  export type Error = import('appflow:connector/common@0.1.0').Error;
  export type Context = import('appflow:connector/common@0.1.0').Context;
  export type Entity = import('appflow:connector/common@0.1.0').Entity;
  export type EntityDefinition = import('appflow:connector/common@0.1.0').EntityDefinition;
  /**
   * Some of the entities.
   */
  export interface EntityPage {
    /**
     * Entities.
     */
    entities: Array<Entity>,
    /**
     * Token of the next page, as in `source.query`; none at the end.
     */
    nextToken?: string,
    /**
     * Seconds AppFlow may keep the answer, 600 or more.
     */
    cacheSeconds?: number,
  }
  /**
   * An entity with its fields.
   */
  export interface EntityDescription {
    /**
     * The entity and its fields.
     */
    definition: EntityDefinition,
    /**
     * Seconds AppFlow may keep the answer, 600 or more.
     */
    cacheSeconds?: number,
  }
  /**
   * What to list.
   */
  export interface ListRequest {
    /**
     * Identifier of the category; none for the roots.
     */
    path?: string,
    /**
     * Most entities to return.
     */
    limit: number,
    /**
     * Token of the last page.
     */
    token?: string,
  }
}
