/** Percent-encoding and the little of RFC 3986 that paging needs; QuickJS has no `URL`. */
import { InvalidArgument } from './errors.js';

/**
 * Percent-encodes a text as one piece of a path, a query or a form.
 *
 * @throws {InvalidArgument} for half of a character (a lone surrogate), which has no encoding.
 */
export function encode(text: string): string {
  let encoded: string;
  try {
    encoded = encodeURIComponent(text);
  } catch (cause) {
    throw new InvalidArgument('a text for an address holds half of a character', { cause });
  }
  return encoded.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Puts path segments behind an address, each encoded, so that no value can change the path.
 *
 * The segments `.` and `..`, which no encoding can make plain, come out as `%2E` with a trailing `%20`, a name that no
 * application has.
 */
export function join(base: string, ...segments: (string | number)[]): string {
  const parts = segments.map((segment) => {
    const text = String(segment);
    return text === '.' || text === '..' ? `${'%2E'.repeat(text.length)}%20` : encode(text);
  });
  return [base.replace(/\/+$/, ''), ...parts].join('/');
}

/** Resolves a link found in an answer: absolute, `//host/path`, `/path`, `?query`, or relative to the last `/`. */
export function resolve(base: string, link: string): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(link)) {
    return link;
  }
  const plain = base.replace(/[?#].*$/s, '');
  const authority = plain.includes('://') ? plain.indexOf('://') + 3 : 0;
  const slash = plain.indexOf('/', authority);
  const path = slash === -1 ? plain.length : slash;
  if (link.startsWith('//')) {
    return plain.slice(0, Math.max(authority - 2, 0)) + link;
  }
  if (link.startsWith('/')) {
    return plain.slice(0, path) + link;
  }
  if (link === '' || link.startsWith('?')) {
    return plain + link;
  }
  const last = plain.lastIndexOf('/');
  return last >= path ? plain.slice(0, last + 1) + link : `${plain}/${link}`;
}

/** A value of a query or a form; `undefined` and `null` leave the parameter out. */
export type Parameter = string | number | bigint | boolean | null | undefined;
/** Parameters by name; an array gives a parameter more than once. */
export type Parameters = Readonly<Record<string, Parameter | readonly Parameter[]>> | Iterable<readonly [string, Parameter]>;

/** Parameters as `a=1&b=2`, encoded. */
export function formEncode(parameters: Parameters): string {
  const pairs: string[] = [];
  const entries = Symbol.iterator in parameters
    ? (parameters as Iterable<readonly [string, Parameter]>)
    : Object.entries(parameters as Record<string, Parameter | readonly Parameter[]>);
  for (const [name, value] of entries) {
    for (const one of (Array.isArray(value) ? value : [value]) as readonly Parameter[]) {
      if (one === undefined || one === null) {
        continue;
      }
      if (typeof one === 'object' || typeof one === 'function' || typeof one === 'symbol') {
        throw new InvalidArgument(`the parameter '${name}' must be a text, a number or a boolean`);
      }
      pairs.push(`${encode(name)}=${encode(String(one))}`);
    }
  }
  return pairs.join('&');
}

/** Adds parameters to an address; a fragment, which is never sent, goes. */
export function withQuery(url: string, parameters: Parameters): string {
  const query = formEncode(parameters);
  if (query === '') {
    return url;
  }
  const plain = url.replace(/#.*$/s, '');
  if (!plain.includes('?')) {
    return `${plain}?${query}`;
  }
  return /[?&]$/.test(plain) ? plain + query : `${plain}&${query}`;
}

/** The target of `rel="next"` in a `Link` header (RFC 8288); `undefined` if there is none. */
export function nextOfLinkHeader(header: string): string | undefined {
  // A target, then parameters up to the next comma outside quotes.
  for (const [, target = '', parameters = ''] of header.matchAll(/<([^>]*)>((?:[^",]|"[^"]*"?)*)/g)) {
    const isNext = parameters.split(';').some((parameter) => {
      const [, name = '', value = ''] = /^\s*([^=\s]+)\s*=\s*"?([^"]*)"?\s*$/.exec(parameter) ?? [];
      return name.toLowerCase() === 'rel' && value.toLowerCase().split(/\s+/).includes('next');
    });
    if (isNext) {
      return target.trim();
    }
  }
  return undefined;
}
