/**
 * A connector in JavaScript that ends badly in every export, in the way that its setting `how` names; in `describe`, which has
 * no settings, it is the locale. Each is an error of AppFlow's, and the next call goes well: tests/cases/js-throws.
 *
 * What it answers wrongly is named by the entity: tests/cases/js-shapes.
 */
import {
  connector, HttpError, http, InvalidArgument, page, RateLimitExceeded, Unsupported,
} from '@appflow-wasm/connector';

function recurse(depth) {
  return recurse(depth + 1) + depth;
}

const WAYS = {
  error: () => { throw new Error('boom'); },
  'type-error': () => null.field,
  'syntax-error': () => JSON.parse('{"CANARY-record":'),
  string: () => { throw 'boom'; },
  number: () => { throw 7; },
  undefined: () => { throw undefined; },
  null: () => { throw null; },
  symbol: () => { throw Symbol('boom'); },
  function: () => { throw () => 'boom'; },
  object: () => { throw { boom: true }; },
  getter: () => { throw { get payload() { throw new Error('inner'); } }; },
  proxy: () => { throw new Proxy({}, { get() { throw new Error('inner'); }, getPrototypeOf() { throw new Error('inner'); } }); },
  circle: () => { const circle = {}; circle.self = circle; throw circle; },
  stack: () => recurse(0),
  memory: () => { const kept = []; for (;;) { kept.push('x'.repeat(1 << 20) + kept.length, new Array(1 << 16).fill(kept.length)); } },
  // Errors made on purpose, and what is wrong with them.
  failed: () => { throw new RateLimitExceeded('not before 7 seconds are over', { retryAfterSeconds: 7 }); },
  http: () => { throw new HttpError(503, 'down for repairs', { retryAfterSeconds: 3 }); },
  unsupported: () => { throw new Unsupported('asking this'); },
  cause: () => { throw new InvalidArgument('no such thing', { cause: new Error('the cause') }); },
  contract: () => { throw { tag: 'failed', val: { code: 'access-denied', message: 'as the contract has it' } }; },
  subclass: () => { throw new (class Mine extends InvalidArgument {})('of a class of its own'); },
  'no-such-code': () => { throw { tag: 'failed', val: { code: 'no-such-code', message: 'never seen' } }; },
  'no-such-tag': () => { throw { tag: 'wrong', val: 'never seen' }; },
  'no-message': () => { throw { tag: 'http', val: { status: 500 } }; },
  'odd-wait': () => { throw new RateLimitExceeded('wait', { retryAfterSeconds: -1.5 }); },
  'odd-status': () => { throw new HttpError(70000, 'an odd status'); },
  'half-message': () => { throw new InvalidArgument('half \ud800 a character'); },
  'odd-message': () => { throw Object.assign(new InvalidArgument('x'), { message: { toString() { return 'an object'; } } }); },
  // Errors of the host that nobody catches.
  import: () => http.get('https://not-granted.example/'),
  'import-caught': () => { try { http.get('https://not-granted.example/'); } catch (error) { throw error.context('asking'); } },
  record: () => page.emit('no record'),
  'record-lost': () => page.emit({ id: 1, tags: new Set(['CANARY-tag']) }),
  // Promises, for which one engine waits and the other does not.
  rejected: () => Promise.reject(new Error('boom')),
  'rejected-late': async () => { await null; throw new RateLimitExceeded('later'); },
  'rejected-string': () => Promise.reject('boom'),
  never: () => new Promise(() => {}),
};

function end(how) {
  return how === undefined || how === 'en-US' ? undefined : WAYS[how]();
}

const half = 'a\ud800b';
const field = { name: 'id', dataType: 'text' };
const SHAPES = {
  'nothing': undefined,
  'a-text': 'entity',
  'a-map': new Map([['entity', 'x'], ['fields', []]]),
  'a-promise-in-it': { entity: 'x', fields: Promise.resolve([]) },
  'no-fields': { entity: 'x' },
  'unknown-key': { entity: 'x', fields: [], feilds: [] },
  'fields-a-set': { entity: 'x', fields: new Set([field]) },
  'fields-an-object': { entity: 'x', fields: { id: field } },
  'fields-with-a-hole': { entity: 'x', fields: [field, , field] },
  'field-a-text': { entity: 'x', fields: ['id'] },
  'no-name': { entity: 'x', fields: [{ dataType: 'text' }] },
  'name-a-number': { entity: 'x', fields: [{ ...field, name: 7 }] },
  'name-half': { entity: 'x', fields: [{ ...field, name: half }] },
  'no-type': { entity: 'x', fields: [{ name: 'id' }] },
  'type-misspelt': { entity: 'x', fields: [{ ...field, dataType: 'string' }] },
  'type-other': { entity: 'x', fields: [{ ...field, dataType: 'other' }] },
  'type-inherited': { entity: 'x', fields: [{ ...field, dataType: 'toString' }] },
  'flag-misspelt': { entity: 'x', fields: [{ ...field, read: { retreivable: true } }] },
  'flag-misspelt-in-an-array': { entity: 'x', fields: [{ ...field, read: ['retreivable'] }] },
  'flag-a-text': { entity: 'x', fields: [{ ...field, read: { queryable: 'false' } }] },
  'flags-a-set': { entity: 'x', fields: [{ ...field, write: new Set(['creatable']) }] },
  'flags-a-text': { entity: 'x', fields: [{ ...field, idFor: 'update' }] },
  'boolean-a-text': { entity: 'x', fields: [{ ...field, primaryKey: 'false' }] },
  'boolean-a-number': { entity: 'x', fields: [{ ...field, deprecated: 1 }] },
  'operator-misspelt': { entity: 'x', fields: [{ ...field, filterOperators: ['equals'] }] },
  'bounds-a-text': { entity: 'x', fields: [{ ...field, constraints: { value: { min: 'one', max: 2 } } }] },
  'bounds-infinite': { entity: 'x', fields: [{ ...field, constraints: { value: { min: 0, max: Infinity } } }] },
  'bounds-without-end': { entity: 'x', fields: [{ ...field, constraints: { length: { min: 0 } } }] },
  'properties-a-set': { entity: 'x', fields: [], properties: new Set(['a']) },
  'properties-a-number': { entity: 'x', fields: [], properties: { a: 1 } },
  'properties-no-pairs': { entity: 'x', fields: [], properties: [['a']] },
  'cache-large': { entity: 'x', fields: [], cacheSeconds: 5_000_000_000 },
  'cache-above-a-signed-number': { entity: 'x', fields: [], cacheSeconds: 3_000_000_000 },
  'cache-negative': { entity: 'x', fields: [], cacheSeconds: -1 },
  'cache-a-fraction': { entity: 'x', fields: [], cacheSeconds: 600.5 },
  'cache-a-text': { entity: 'x', fields: [], cacheSeconds: '600' },
  'cache-a-bigint': { entity: 'x', fields: [], cacheSeconds: 600n },
  'entity-without-id': { entity: { label: 'X' }, fields: [] },
  'label-a-number': { entity: { id: 'x', label: 7 }, fields: [] },
};

const TOKENS = {
  records: [{ id: 1 }],
  number: 7,
  object: { token: 'x' },
  half,
  long: 'x'.repeat(1476),
  true: true,
};

class Throws {
  describe(locale) {
    return end(locale) ?? { owner: 'Tests', name: 'JS throws', version: '0.1.0', writeOperations: ['insert'] };
  }

  validateSettings(scope, settings) {
    return end(settings.get('how'));
  }

  validateCredentials(settings) {
    return settings.get('answer') === 'false' ? false : end(settings.get('how'));
  }

  listEntities(context) {
    return end(context.settings.get('how')) ?? [{ id: 'good' }];
  }

  describeEntity(context, entity) {
    if (entity !== 'good') {
      return SHAPES[entity];
    }
    return end(context.settings.get('how')) ?? { entity, fields: [{ name: 'id', dataType: 'long' }] };
  }

  query(context, request) {
    page.emit(request.only({ id: 1 }));
    return TOKENS[context.settings.get('answer')] ?? end(context.settings.get('how'));
  }

  retrieve(context) {
    return context.settings.get('answer') === 'records' ? [{ id: 1 }] : end(context.settings.get('how'));
  }

  write(context, request) {
    switch (context.settings.get('answer')) {
      case 'too-few': return [];
      case 'nothing': return undefined;
      case 'unknown-key': return request.records.map(() => ({ id: '1' }));
      default: return end(context.settings.get('how')) ?? request.records.map((_, index) => ({ recordId: String(index) }));
    }
  }
}

const throws = new Throws();
export default connector({ configuration: throws, metadata: throws, source: throws, destination: throws });
