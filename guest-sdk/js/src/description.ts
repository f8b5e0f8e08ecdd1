/** What a connector says about itself. */
import type { AuthenticationType, Operator, WriteOperations } from 'appflow:connector/common@0.1.0';
import type {
  Authentication as ContractAuthentication, CustomScheme, Description as ContractDescription, Frequencies, Oauth2,
  Oauth2Content, Oauth2Grants, Oauth2Method, Oauth2Parameter, Oauth2Target, Parameter, Scope, Setting, SettingError,
  SettingKind, Triggers,
} from 'appflow:connector/configuration@0.1.0';

import { flag, flags, list, oneOf, optional, or, record, refuse, text, type Fields, type Shape } from './check.js';
import { operators, writeOperations } from './schema.js';
import { describeKind } from './text.js';

export type {
  AuthenticationType, Oauth2Content as OAuth2Content, Oauth2Method as OAuth2Method, Oauth2Target as OAuth2Target, Scope,
  SettingError, SettingKind,
};

/** A set of flags: an array of those that are set, or an object of booleans. */
export type FlagSet<Flags> = readonly (keyof Flags & string)[] | Readonly<Flags>;

/** What a connector is. Only the first three must be given. */
export interface Description {
  /** Who publishes it; must not start with aws, amazon or appflow. */
  owner: string;
  /** Its name; must not start with aws, amazon or appflow. */
  name: string;
  /** Its version, without spaces. */
  version: string;
  /** API versions a user may pick, at least one; `['v1.0']` unless given. */
  apiVersions?: readonly string[];
  /** Settings a user fills in; none unless given. */
  settings?: readonly SettingDescription[];
  /** Ways to authenticate; none unless given. See {@link oauth2} and {@link customScheme} for those with details. */
  authentication?: readonly Authentication[];
  /** Operators supported; all unless given. */
  operators?: readonly Operator[];
  /** Ways to start a flow; all unless given. */
  triggers?: FlagSet<Triggers>;
  /** Intervals of scheduled flows; all unless given. */
  frequencies?: FlagSet<Frequencies>;
  /** Ways to write; none unless given, which makes a source. */
  writeOperations?: FlagSet<WriteOperations>;
  /** Address of a logo, https. */
  logoUrl?: string;
}

/** A setting a user fills in. Optional, of the connection and free text unless said otherwise. */
export interface SettingDescription {
  /** Key: letters, digits and underscores. */
  key: string;
  /** Name for the user. */
  label: string;
  /** Type of the value; `text` unless given. */
  kind?: SettingKind;
  /** Whether it must be given; `false` unless given. */
  required?: boolean;
  /** Sentence for the user; the label unless given. */
  description?: string;
  /** Where it is asked; `profile`, with the connection, unless given. */
  scope?: Scope;
  /** Values to choose from; free text unless given. */
  choices?: readonly string[];
}

/** A value a user fills in to authenticate. Required and hidden unless said otherwise. */
export interface ParameterDescription {
  /** Key. */
  key: string;
  /** Name for the user. */
  label: string;
  /** Sentence for the user; the label unless given. */
  description?: string;
  /** Whether it must be given; `true` unless given. */
  required?: boolean;
  /** Whether it must be hidden; `true` unless given. */
  sensitive?: boolean;
  /** Values to choose from; free text unless given. */
  choices?: readonly string[];
}

/** OAuth 2, done by AppFlow. */
export interface OAuth2Description {
  /** Token addresses, https; at least one. */
  tokenUrls: readonly string[];
  /** Addresses where users consent, https; none without that grant. */
  authUrls?: readonly string[];
  /** Scopes to ask for; none unless given. */
  scopes?: readonly string[];
  /** Grants supported; authorization code where there are `authUrls`, else client credentials. */
  grants?: readonly ('client-credentials' | 'authorization-code')[];
  /** Encoding of the token request; `url-encoded` unless given. */
  content?: Oauth2Content;
  /** Method of the token request; `post` unless given. */
  method?: Oauth2Method;
  /** Whether client id and secret go as a Basic header of the token request; `false` unless given. */
  basicHeader?: boolean;
  /** Further values the user fills in, and whether they go with the token or the authorization request. */
  parameters?: readonly { parameter: ParameterDescription; target: Oauth2Target }[];
}

/** The connector's own scheme. */
export interface CustomSchemeDescription {
  /** Name of the scheme. */
  name: string;
  /** Values the user fills in. */
  parameters: readonly ParameterDescription[];
}

/** One way to authenticate. */
export type Authentication =
  | 'basic'
  | 'api-key'
  | { tag: 'oauth2'; val: OAuth2Description }
  | { tag: 'custom'; val: CustomSchemeDescription };

/** OAuth 2 as a way to authenticate. */
export function oauth2(description: OAuth2Description): Authentication {
  return { tag: 'oauth2', val: description };
}

/** The connector's own scheme as a way to authenticate. */
export function customScheme(description: CustomSchemeDescription): Authentication {
  return { tag: 'custom', val: description };
}

/** API version of a connector that names none. */
const USUAL_API_VERSION = 'v1.0';

const texts = list(text);
const none = (): string[] => [];

/** A record whose description is its label unless it has one. */
function labelled<T extends { label: string; description: string }>(
  fields: Omit<Fields<T>, 'description'>,
): Shape<T> {
  const shape = record({ ...fields, description: optional(text) } as unknown as Fields<T>);
  return (value, path) => {
    const whole = shape(value, path);
    return { ...whole, description: (whole.description as string | undefined) ?? whole.label };
  };
}

const setting = labelled<Setting>({
  key: text,
  kind: or(oneOf<SettingKind>({
    text: true, date: true, 'date-time': true, long: true, integer: true, boolean: true, url: true,
  }), () => 'text'),
  required: or(flag, () => false),
  label: text,
  scope: or(oneOf<Scope>({ profile: true, source: true, destination: true, 'source-and-destination': true }),
    () => 'profile'),
  choices: or(texts, none),
});

const parameter = labelled<Parameter>({
  key: text,
  label: text,
  required: or(flag, () => true),
  sensitive: or(flag, () => true),
  choices: or(texts, none),
});

const oauth2Details = record<Omit<Oauth2, 'grants'> & { grants: Oauth2Grants | undefined }>({
  scopes: or(texts, none),
  tokenUrls: texts,
  authUrls: or(texts, none),
  grants: optional((value, path) => grants(value, path)),
  content: or(oneOf<Oauth2Content>({ 'url-encoded': true, json: true }), () => 'url-encoded'),
  method: or(oneOf<Oauth2Method>({ post: true, get: true }), () => 'post'),
  basicHeader: or(flag, () => false),
  parameters: or(list(record<Oauth2Parameter>({
    parameter,
    target: oneOf<Oauth2Target>({ 'token-url': true, 'auth-url': true }),
  })), () => []),
});

/** Grants are named as everywhere in the contract; its flags have their names in camel case. */
const grants: Shape<Oauth2Grants> = (value, path) => {
  const names = list(oneOf<'client-credentials' | 'authorization-code'>({
    'client-credentials': true, 'authorization-code': true,
  }))(value, path);
  return {
    clientCredentials: names.includes('client-credentials'),
    authorizationCode: names.includes('authorization-code'),
  };
};

const customDetails = record<CustomScheme>({ name: text, parameters: list(parameter) });

const authentication: Shape<ContractAuthentication> = (value, path) => {
  if (value === 'basic' || value === 'api-key') {
    return { tag: value };
  }
  if (typeof value !== 'object' || value === null) {
    return refuse(path, `must be 'basic', 'api-key', oauth2({...}) or customScheme({...}), not ${describeKind(value)}`);
  }
  const { tag, val } = value as { tag?: unknown; val?: unknown };
  if (tag === 'oauth2') {
    const details = oauth2Details(val, `${path}.val`);
    const byUser = details.authUrls.length > 0;
    return {
      tag: 'oauth2',
      val: { ...details, grants: details.grants ?? { clientCredentials: !byUser, authorizationCode: byUser } },
    };
  }
  if (tag === 'custom') {
    return { tag: 'custom', val: customDetails(val, `${path}.val`) };
  }
  return refuse(path, "must be 'basic', 'api-key', oauth2({...}) or customScheme({...})");
};

/** What `describe` answers. */
export const description = record<ContractDescription>({
  owner: text,
  name: text,
  version: text,
  apiVersions: or(texts, () => [USUAL_API_VERSION]),
  settings: or(list(setting), () => []),
  authentication: or(list(authentication), () => []),
  operators: optional(operators),
  triggers: or(flags<Triggers>({ scheduled: false, onDemand: false }), () => ({})),
  frequencies: or(flags<Frequencies>({
    byMinute: false, hourly: false, daily: false, weekly: false, monthly: false, once: false,
  }), () => ({})),
  writeOperations: or(writeOperations, () => ({})),
  logoUrl: optional(text),
});

/** What `validateSettings` answers. */
export const settingErrors = or(list(record<SettingError>({ key: text, message: text })), () => []);
