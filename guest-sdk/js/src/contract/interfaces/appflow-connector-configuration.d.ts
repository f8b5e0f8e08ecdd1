// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.
/// <reference path="./appflow-connector-common.d.ts" />
declare module 'appflow:connector/configuration@0.1.0' {
  /**
   * Tells what the connector is. AppFlow asks when the connector is registered, without settings or credentials, so
   * requests cannot be made here. `locale`, such as `en-US`, is the language of labels.
   */
  export function describe(locale: string): Description;
  /**
   * Checks the settings of one scope; an empty list means they are good. The host has checked that required ones are
   * there and that values are of their kind.
   */
  export function validateSettings(scope: Scope, settings: Pairs, authentication: AuthenticationType | undefined): Array<SettingError>;
  /**
   * Checks that the application accepts the credentials.
   */
  export function validateCredentials(settings: Pairs): void;
  export type Error = import('appflow:connector/common@0.1.0').Error;
  export type Pairs = import('appflow:connector/common@0.1.0').Pairs;
  export type AuthenticationType = import('appflow:connector/common@0.1.0').AuthenticationType;
  export type Operator = import('appflow:connector/common@0.1.0').Operator;
  export type WriteOperations = import('appflow:connector/common@0.1.0').WriteOperations;
  /**
   * Ways to start a flow.
   */
  export interface Triggers {
    /**
     * On a schedule.
     */
    scheduled?: boolean,
    /**
     * By hand.
     */
    onDemand?: boolean,
  }
  /**
   * Intervals of scheduled flows.
   */
  export interface Frequencies {
    /**
     * Every n minutes.
     */
    byMinute?: boolean,
    /**
     * Every n hours.
     */
    hourly?: boolean,
    /**
     * Every n days.
     */
    daily?: boolean,
    /**
     * Every n weeks.
     */
    weekly?: boolean,
    /**
     * Every n months.
     */
    monthly?: boolean,
    /**
     * One time.
     */
    once?: boolean,
  }
  /**
   * Type of a setting's value.
   * # Variants
   *
   * ## `"text"`
   *
   * Text.
   * ## `"date"`
   *
   * Calendar day.
   * ## `"date-time"`
   *
   * Point in time.
   * ## `"long"`
   *
   * 64-bit integer.
   * ## `"integer"`
   *
   * 32-bit integer.
   * ## `"boolean"`
   *
   * True or false.
   * ## `"url"`
   *
   * Address.
   */
  export type SettingKind = 'text' | 'date' | 'date-time' | 'long' | 'integer' | 'boolean' | 'url';
  /**
   * Where a setting is asked.
   * # Variants
   *
   * ## `"profile"`
   *
   * With the connection.
   * ## `"source"`
   *
   * In flows that read.
   * ## `"destination"`
   *
   * In flows that write.
   * ## `"source-and-destination"`
   *
   * In both.
   */
  export type Scope = 'profile' | 'source' | 'destination' | 'source-and-destination';
  /**
   * A setting a user fills in.
   */
  export interface Setting {
    /**
     * Key, letters digits and underscores.
     */
    key: string,
    /**
     * Type of the value.
     */
    kind: SettingKind,
    /**
     * True if it must be given.
     */
    required: boolean,
    /**
     * Name for the user.
     */
    label: string,
    /**
     * Sentence for the user.
     */
    description: string,
    /**
     * Where it is asked.
     */
    scope: Scope,
    /**
     * Values to choose from; empty for free text.
     */
    choices: Array<string>,
  }
  /**
   * OAuth 2 grants.
   */
  export interface Oauth2Grants {
    /**
     * By client id and secret alone.
     */
    clientCredentials?: boolean,
    /**
     * By the user's consent.
     */
    authorizationCode?: boolean,
  }
  /**
   * Encoding of the token request.
   * # Variants
   *
   * ## `"url-encoded"`
   *
   * Form.
   * ## `"json"`
   *
   * JSON.
   */
  export type Oauth2Content = 'url-encoded' | 'json';
  /**
   * Method of the token request.
   * # Variants
   *
   * ## `"post"`
   *
   * POST.
   * ## `"get"`
   *
   * GET.
   */
  export type Oauth2Method = 'post' | 'get';
  /**
   * Where an OAuth 2 parameter goes.
   * # Variants
   *
   * ## `"token-url"`
   *
   * Token request.
   * ## `"auth-url"`
   *
   * Authorization request.
   */
  export type Oauth2Target = 'token-url' | 'auth-url';
  /**
   * A value a user fills in to authenticate.
   */
  export interface Parameter {
    /**
     * Key.
     */
    key: string,
    /**
     * Name for the user.
     */
    label: string,
    /**
     * Sentence for the user.
     */
    description: string,
    /**
     * True if it must be given.
     */
    required: boolean,
    /**
     * True if it must be hidden.
     */
    sensitive: boolean,
    /**
     * Values to choose from; empty for free text.
     */
    choices: Array<string>,
  }
  /**
   * A further value of an OAuth 2 request.
   */
  export interface Oauth2Parameter {
    /**
     * What the user sees.
     */
    parameter: Parameter,
    /**
     * Where the value goes.
     */
    target: Oauth2Target,
  }
  /**
   * OAuth 2 settings.
   */
  export interface Oauth2 {
    /**
     * Scopes to ask for.
     */
    scopes: Array<string>,
    /**
     * Token addresses, https.
     */
    tokenUrls: Array<string>,
    /**
     * Authorization addresses, https; empty without that grant.
     */
    authUrls: Array<string>,
    /**
     * Grants supported; at least one.
     */
    grants: Oauth2Grants,
    /**
     * Encoding of the token request.
     */
    content: Oauth2Content,
    /**
     * Method of the token request.
     */
    method: Oauth2Method,
    /**
     * Client id and secret as Basic header of the token request.
     */
    basicHeader: boolean,
    /**
     * Further values the user fills in.
     */
    parameters: Array<Oauth2Parameter>,
  }
  /**
   * The connector's own scheme.
   */
  export interface CustomScheme {
    /**
     * Name of the scheme.
     */
    name: string,
    /**
     * Values the user fills in.
     */
    parameters: Array<Parameter>,
  }
  /**
   * One way to authenticate.
   */
  export type Authentication =
    | {
      /**
       * User name and password.
       */
      tag: 'basic',
    }
    | {
      /**
       * API key, perhaps with a secret key.
       */
      tag: 'api-key',
    }
    | {
      /**
       * OAuth 2, done by AppFlow.
       */
      tag: 'oauth2',
      val: Oauth2,
    }
    | {
      /**
       * The connector's own scheme.
       */
      tag: 'custom',
      val: CustomScheme,
    };
  /**
   * The connector's self-description.
   */
  export interface Description {
    /**
     * Who publishes it; must not start with aws, amazon or appflow.
     */
    owner: string,
    /**
     * Its name; must not start with aws, amazon or appflow.
     */
    name: string,
    /**
     * Its version, without spaces.
     */
    version: string,
    /**
     * API versions a user may pick; at least one.
     */
    apiVersions: Array<string>,
    /**
     * Settings a user fills in.
     */
    settings: Array<Setting>,
    /**
     * Ways to authenticate; empty for none.
     */
    authentication: Array<Authentication>,
    /**
     * Operators supported; none means all.
     */
    operators?: Array<Operator>,
    /**
     * Ways to start a flow; empty for all.
     */
    triggers: Triggers,
    /**
     * Intervals of scheduled flows; empty for all.
     */
    frequencies: Frequencies,
    /**
     * Ways to write; empty for a source.
     */
    writeOperations: WriteOperations,
    /**
     * Address of a logo, https.
     */
    logoUrl?: string,
  }
  /**
   * A setting that is wrong.
   */
  export interface SettingError {
    /**
     * Key of the setting.
     */
    key: string,
    /**
     * Text shown next to it.
     */
    message: string,
  }
}
