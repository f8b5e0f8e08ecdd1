// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.
/// <reference path="./interfaces/appflow-connector-common.d.ts" />
/// <reference path="./interfaces/appflow-connector-configuration.d.ts" />
/// <reference path="./interfaces/appflow-connector-credentials.d.ts" />
/// <reference path="./interfaces/appflow-connector-destination.d.ts" />
/// <reference path="./interfaces/appflow-connector-http.d.ts" />
/// <reference path="./interfaces/appflow-connector-invocation.d.ts" />
/// <reference path="./interfaces/appflow-connector-log.d.ts" />
/// <reference path="./interfaces/appflow-connector-metadata.d.ts" />
/// <reference path="./interfaces/appflow-connector-page.d.ts" />
/// <reference path="./interfaces/appflow-connector-source.d.ts" />
declare module 'appflow:connector/connector@0.1.0' {
  export type * as AppflowConnectorCommon010 from 'appflow:connector/common@0.1.0'; // import appflow:connector/common@0.1.0
  export type * as AppflowConnectorCredentials010 from 'appflow:connector/credentials@0.1.0'; // import appflow:connector/credentials@0.1.0
  export type * as AppflowConnectorHttp010 from 'appflow:connector/http@0.1.0'; // import appflow:connector/http@0.1.0
  export type * as AppflowConnectorInvocation010 from 'appflow:connector/invocation@0.1.0'; // import appflow:connector/invocation@0.1.0
  export type * as AppflowConnectorLog010 from 'appflow:connector/log@0.1.0'; // import appflow:connector/log@0.1.0
  export type * as AppflowConnectorPage010 from 'appflow:connector/page@0.1.0'; // import appflow:connector/page@0.1.0
  export * as configuration from 'appflow:connector/configuration@0.1.0'; // export appflow:connector/configuration@0.1.0
  export * as metadata from 'appflow:connector/metadata@0.1.0'; // export appflow:connector/metadata@0.1.0
  export * as source from 'appflow:connector/source@0.1.0'; // export appflow:connector/source@0.1.0
  export * as destination from 'appflow:connector/destination@0.1.0'; // export appflow:connector/destination@0.1.0
}
