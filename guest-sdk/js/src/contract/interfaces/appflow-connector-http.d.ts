// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.
/// <reference path="./appflow-connector-common.d.ts" />
declare module 'appflow:connector/http@0.1.0' {
  /**
   * Sends a request and returns when the whole answer is there. Any status is an answer, not an error.
   *
   * `GET` and `HEAD` follow redirects to the same scheme, host and port, five at most; any other redirect is an answer.
   * Bodies that come compressed are handed over plain.
   *
   * The host asks again for what failed for a moment, so a connector needs no retries: broken connections, answers that do
   * not begin or go on, 408, 425, 429, 500, 502, 503 and 504, three more times at most, waiting as long as the application
   * asks or a random moment, and only while there is time. `POST`, `PUT`, `PATCH` and `DELETE` are sent again only if
   * nothing was done (no connection, 429, or 403 that names a wait), or if they carry a header `Idempotency-Key`. What is
   * left after that is the answer.
   *
   * Fails with `access-denied` for a host the manifest does not grant,
   * `invalid-credentials` if the secret has no such value, `request-timeout` when the time runs out,
   * `service-unavailable` when no connection can be made, `invalid-argument` for a malformed request, and `server-error`
   * for an answer that is broken, or larger than the manifest's limits.
   */
  export function send(request: Request): Response;
  export type Error = import('appflow:connector/common@0.1.0').Error;
  export type Pairs = import('appflow:connector/common@0.1.0').Pairs;
  /**
   * A request's body.
   */
  export type Body =
    | {
      /**
       * Text, sent as UTF-8.
       */
      tag: 'text',
      val: string,
    }
    | {
      /**
       * Bytes.
       */
      tag: 'bytes',
      val: Uint8Array,
    };
  /**
   * Where one value of the secret goes.
   */
  export interface Placement {
    /**
     * Name of the header or of the query parameter.
     */
    name: string,
    /**
     * Key of the value in the secret: `apiKey`, `apiSecretKey`, `accessToken`, `username`, `password`, or the key of a
     * parameter of the connector's own scheme.
     */
    secretKey: string,
    /**
     * Text before the value, such as `Token `; empty for none.
     */
    prefix: string,
  }
  /**
   * A signature the host makes with the secret. Wherever a parameter names a value, it is by its key in the secret, as in
   * `placement`; a parameter nobody knows is refused.
   *
   * * `hmac-sha1`, `hmac-sha256`, `hmac-sha512`: a keyed hash. `secret-key`; `key-encoding` (`text`, `base64`, `hex`); `message` or
   *   `message-base64`, else the body; `header` or `query` with the name of its place; `prefix`; `encoding` (`hex`, `base64`,
   *   `base64url`).
   * * `jwt-rs256`: a signed statement of a service account. `secret-key` of a private key in PEM or of a JSON key file; `claims`, a
   *   JSON object, to which the host adds `iat` and `exp`; `lifetime-seconds`; `kid`; `place`: `bearer`, or `form` or `json` for a
   *   field of the body; `field`, `assertion` unless given.
   * * `aws-sigv4`: AWS Signature Version 4. `service`, `region`; `access-key`, `secret-key`, `session-key`.
   * * `capture`: no signature.
   *
   * With each of them `capture`, a JSON pointer such as `/access_token`, seals what lies there in a 2xx answer: the connector gets
   * a placeholder, which is good for later requests of the same call. It may be given up to eight times, and is `/access_token`,
   * `/refresh_token` and `/id_token` for a `jwt-rs256` in a body unless it is given.
   */
  export interface Signing {
    /**
     * Name of the scheme. A host that does not know it fails with `unsupported`.
     */
    scheme: string,
    /**
     * What the scheme needs to know.
     */
    parameters: Pairs,
  }
  /**
   * How the host puts the credentials of the connection into a request. The connector never sees their values.
   */
  export type Credential =
    | {
      /**
       * `Authorization: Bearer` with the OAuth 2 access token, or with the API key.
       */
      tag: 'bearer',
    }
    | {
      /**
       * `Authorization: Basic` with the user name and the password.
       */
      tag: 'basic',
    }
    | {
      /**
       * One value of the secret in a header.
       */
      tag: 'header',
      val: Placement,
    }
    | {
      /**
       * One value of the secret in a query parameter.
       */
      tag: 'query',
      val: Placement,
    }
    | {
      /**
       * A value computed from the secret, such as a signature.
       */
      tag: 'signed',
      val: Signing,
    };
  /**
   * A request.
   */
  export interface Request {
    /**
     * Method in capitals, such as `GET`. `CONNECT` and `TRACE` are refused.
     */
    method: string,
    /**
     * Absolute address, `https://host/path?query`, percent-encoded. No user name or password in it.
     */
    url: string,
    /**
     * Headers. `host`, `content-length`, `transfer-encoding`, `connection` and the other hop-by-hop headers, `expect` and
     * `forwarded` are the host's and are refused; `accept-encoding` is replaced.
     */
    headers: Pairs,
    /**
     * Body; none for an empty one.
     */
    body?: Body,
    /**
     * Credentials the host puts in; none for none.
     */
    credential?: Credential,
  }

  export class Response implements Disposable {
    /**
     * This type does not have a public constructor.
     */
    private constructor();
    /**
    * Status, 200 to 599.
    */
    status(): number;
    /**
    * One header, in any letter case; none if it is absent. Where a header came more than once, its values joined by
    * `, `.
    */
    header(name: string): string | undefined;
    /**
    * All headers, names in lower case. `set-cookie` is left out.
    */
    headers(): Pairs;
    /**
    * Fails with `http` unless the status is 2xx, with the seconds the application asks to wait: from `Retry-After`, or from
    * `RateLimit`, `RateLimit-Reset` or `X-RateLimit-Reset` where a used-up quota is why it failed. A 403 with such a wait
    * becomes AppFlow's `RateLimitExceeded`.
    */
    ensureOk(): void;
    /**
    * The body as text; fails with `server-error` if it is not UTF-8.
    */
    text(): string;
    /**
    * The body as bytes.
    */
    data(): Uint8Array;
    /**
    * JSON text of the value at a JSON pointer (RFC 6901), such as `/meta/next`; the whole body for an empty one; none
    * if there is no such value. Fails with `server-error` if the body is not JSON.
    */
    jsonAt(pointer: string): string | undefined;
    /**
    * Text at a JSON pointer: a string without its quotes, anything else as written; none if absent or null. With it a
    * next token needs no JSON parser.
    */
    textAt(pointer: string): string | undefined;
    [Symbol.dispose](): void;
  }
}
