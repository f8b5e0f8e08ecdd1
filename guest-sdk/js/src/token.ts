/**
 * Tokens that say where to go on.
 *
 * The host seals a connector's token before AppFlow gets it, and opens it again: nobody reads or changes it on the way, and
 * one of another entity, filter or connection never arrives. It may be any text of up to 1,475 bytes; it must hold no secret
 * and no value of a record. {@link Paging} makes its own; these functions are for connectors that page otherwise.
 *
 * The form is that of the Rust SDK, so a connector may be replaced by one in another language in the middle of a flow.
 */
import { InvalidArgument, ServerError } from './errors.js';
import { utf8, utf8Length } from './text.js';

/** Most bytes of a connector's token: what fits, sealed by the host, into the 2,048 characters that AppFlow takes. */
export const MAX_LENGTH = 1475;

/** Hexadecimal digits before the parts. */
const CHECK_CHARS = 8;

/**
 * Packs texts into a token.
 *
 * @throws {ServerError} if the token would be longer than {@link MAX_LENGTH}: the parts come from the application.
 */
export function encode(...parts: string[]): string {
  const body = parts.map((part) => `${utf8Length(part)}:${part}`).join('');
  const token = checksum(body) + body;
  const length = utf8Length(token);
  if (length > MAX_LENGTH) {
    throw new ServerError(
      `the application's place in the data needs a token of ${length} bytes, and it may have ${MAX_LENGTH}`,
    );
  }
  return token;
}

/**
 * Unpacks the texts of a token.
 *
 * @throws {InvalidArgument} if {@link encode} did not make it: another format, cut, or changed.
 */
export function decode(token: string): string[] {
  let rest = token.slice(CHECK_CHARS);
  if (utf8Length(token) > MAX_LENGTH || token.slice(0, CHECK_CHARS) !== checksum(rest)) {
    throw invalid();
  }
  const parts: string[] = [];
  while (rest !== '') {
    const [, head = '', length = ''] = /^((\d{1,4}):)/.exec(rest) ?? [];
    if (head === '') {
      throw invalid();
    }
    const tail = rest.slice(head.length);
    let units = 0;
    for (let bytes = 0; bytes < Number(length);) {
      const character = String.fromCodePoint(tail.codePointAt(units) ?? 0);
      bytes += utf8Length(character);
      units += character.length;
      if (units > tail.length || bytes > Number(length)) {
        throw invalid();
      }
    }
    parts.push(tail.slice(0, units));
    rest = tail.slice(units);
  }
  return parts;
}

/** The error for a token that is not this connector's. */
export function invalid(): InvalidArgument {
  return new InvalidArgument('the next token is not one that this connector made');
}

/** FNV-1a. The host's seal guards against forgery; this tells a token of another way of making them from one's own. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of utf8(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(CHECK_CHARS, '0');
}
