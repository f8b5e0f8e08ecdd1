// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.
/// <reference path="./appflow-connector-common.d.ts" />
declare module 'appflow:connector/credentials@0.1.0' {
  /**
   * Credentials of this request. The host fetched them before the call, which does not begin if they cannot be had.
   */
  export function get(): Secret;
  export type Error = import('appflow:connector/common@0.1.0').Error;
  export type Pairs = import('appflow:connector/common@0.1.0').Pairs;
  /**
   * User name and password.
   */
  export interface Basic {
    /**
     * User name.
     */
    username: string,
    /**
     * Password.
     */
    password: string,
  }
  /**
   * API key.
   */
  export interface ApiKey {
    /**
     * Key.
     */
    key: string,
    /**
     * Secret key.
     */
    secret?: string,
  }
  /**
   * Scheme of the connector's own.
   */
  export interface Custom {
    /**
     * Name of the scheme.
     */
    scheme: string,
    /**
     * Values by key.
     */
    values: Pairs,
  }
  /**
   * Credentials of one kind.
   */
  export type Secret =
    | {
      /**
       * The connection has none.
       */
      tag: 'absent',
    }
    | {
      /**
       * User name and password.
       */
      tag: 'basic',
      val: Basic,
    }
    | {
      /**
       * API key.
       */
      tag: 'api-key',
      val: ApiKey,
    }
    | {
      /**
       * OAuth 2 access token.
       */
      tag: 'oauth2',
      val: string,
    }
    | {
      /**
       * Scheme of the connector's own.
       */
      tag: 'custom',
      val: Custom,
    };
}
