/** JSON as the host reads it: values as they are written, without a number losing a digit. */
import { ServerError } from '../errors.js';
import { isPlain } from '../check.js';

/** The text of the value at a JSON pointer; `undefined` if there is none. */
export function at(text: string, pointer: string): string | undefined {
  check(text);
  if (pointer === '') {
    return text.trim();
  }
  if (!pointer.startsWith('/')) {
    throw new ServerError(`the JSON pointer '${pointer}' must begin with '/'`);
  }
  let own = text.trim();
  for (const step of pointer.slice(1).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const found = children(own).findLast(([key]) => key === name);
    if (found === undefined) {
      return undefined;
    }
    own = found[1];
  }
  return own;
}

/** A string without its quotes, anything else as written; `undefined` for null. */
export function plain(text: string | undefined): string | undefined {
  if (text === undefined || text === 'null') {
    return undefined;
  }
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

/** The texts of an array's items. */
export function items(text: string | undefined): string[] {
  if (text === undefined || !text.startsWith('[')) {
    throw new ServerError('there is no array of records');
  }
  return children(text).map(([, item]) => item);
}

/** Whether a text is one JSON object. */
export function isObject(text: string): boolean {
  try {
    return isPlain(JSON.parse(text));
  } catch {
    return false;
  }
}

/** A record as it is, or the object of its picked fields. */
export function pick(record: string, picks: readonly { name: string; path: string }[]): string {
  if (picks.length === 0) {
    return record;
  }
  const fields: string[] = [];
  for (const { name, path } of picks) {
    const pointer = path.startsWith('/') ? path : `/${path.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const value = at(record, pointer);
    if (value !== undefined) {
      fields.push(`${JSON.stringify(name)}:${value}`);
    }
  }
  return `{${fields.join(',')}}`;
}

/** The other top-level values beside the one on the way to the pointer. */
export function rest(text: string, pointer: string): string {
  const own = text.trim();
  if (pointer === '' || !own.startsWith('{')) {
    return '{}';
  }
  const [first = ''] = pointer.slice(1).split('/');
  const others = children(own).filter(([key]) => key !== first.replaceAll('~1', '/').replaceAll('~0', '~'));
  return `{${others.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

function check(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new ServerError('the body is not JSON');
  }
}

/** Keys, or places, and texts of what is in an object or an array that was found good. */
function children(text: string): [string, string][] {
  const found: [string, string][] = [];
  const isArray = text.startsWith('[');
  if (!isArray && !text.startsWith('{')) {
    return found;
  }
  let depth = 0;
  let start = 1;
  let key = '';
  for (let place = 0; place < text.length; place += 1) {
    const character = text[place];
    if (character === '"') {
      for (place += 1; text[place] !== '"'; place += 1) {
        place += text[place] === '\\' ? 1 : 0;
      }
    } else if (character === '{' || character === '[') {
      depth += 1;
    } else if (depth === 1 && character === ':') {
      key = JSON.parse(text.slice(start, place)) as string;
      start = place + 1;
    } else if (depth === 1 && (character === ',' || character === '}' || character === ']')) {
      const own = text.slice(start, place).trim();
      if (own !== '') {
        found.push([isArray ? String(found.length) : key, own]);
      }
      start = place + 1;
    }
    depth -= character === '}' || character === ']' ? 1 : 0;
  }
  return found;
}
