/**
 * Credentials of the connection.
 *
 * They are sealed: a connector says which go into a request (`credential` of {@link RequestOptions}), and the host puts the
 * values in. What is read here are placeholders, unless its manifest asks for `readable` ones. A placeholder in a header,
 * the query, or, where the manifest says `in-bodies`, a body becomes the value as the request goes out, so that a library of
 * the application's maker may be given it in place of a token.
 */
import { host } from '#host';

import { asked } from './host/call.js';

/** Credentials of one kind. */
export type Secret =
  /** The connection has none. */
  | { readonly kind: 'absent' }
  /** User name and password. */
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** API key, perhaps with a secret key. */
  | { readonly kind: 'api-key'; readonly key: string; readonly secret: string | undefined }
  /** OAuth 2 access token. */
  | { readonly kind: 'oauth2'; readonly token: string }
  /** Scheme of the connector's own. */
  | { readonly kind: 'custom'; readonly scheme: string; readonly values: ReadonlyMap<string, string> };

/**
 * Credentials of this request.
 *
 * @throws {ResourceNotFound} or {@link AccessDenied} if the secret cannot be had.
 */
export function get(): Secret {
  const secret = asked(() => host.credentials());
  switch (secret.tag) {
    case 'basic': return { kind: 'basic', username: secret.val.username, password: secret.val.password };
    case 'api-key': return { kind: 'api-key', key: secret.val.key, secret: secret.val.secret ?? undefined };
    case 'oauth2': return { kind: 'oauth2', token: secret.val };
    case 'custom': return { kind: 'custom', scheme: secret.val.scheme, values: new Map(secret.val.values) };
    default: return { kind: 'absent' };
  }
}
