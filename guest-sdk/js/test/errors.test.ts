import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as sdk from '@appflow-wasm/connector';
import {
  connector, ConnectorError, HttpError, http, InvalidArgument, log, RateLimitExceeded, ServerError, UnknownError, Unsupported,
  type Definition,
} from '@appflow-wasm/connector';
import { Answer, FakeHost } from '@appflow-wasm/connector/testing';

/** The error that a query which does something ends with, and what was logged. */
async function failing(query: () => unknown, host = new FakeHost()) {
  const definition = {
    configuration: { describe: () => ({ owner: 'E', name: 'N', version: '1' }), validateCredentials() {} },
    metadata: { listEntities: () => [], describeEntity: () => ({ entity: 'x', fields: [] }) },
    source: { query },
  };
  try {
    await host.serve(connector(definition as Definition)).query('x');
  } catch (error) {
    assert.ok(error instanceof ConnectorError, String(error));
    return { error, logs: host.last.logs };
  }
  return assert.fail('nothing was thrown');
}

const thrown = (what: unknown) => failing(() => {
  throw what;
});

test('each class has its code', () => {
  const codes = new Map<string, string>([
    ['InvalidArgument', 'invalid-argument'], ['InvalidCredentials', 'invalid-credentials'], ['AccessDenied', 'access-denied'],
    ['RequestTimeout', 'request-timeout'], ['RateLimitExceeded', 'rate-limit-exceeded'], ['ServiceUnavailable', 'service-unavailable'],
    ['ClientError', 'client-error'], ['ServerError', 'server-error'], ['UnknownError', 'unknown-error'],
    ['PartialWriteFailure', 'partial-write-failure'], ['ResourceNotFound', 'resource-not-found-error'],
  ]);
  for (const [name, code] of codes) {
    const Class = (sdk as unknown as Record<string, new (message: string) => ConnectorError>)[name];
    assert.ok(Class !== undefined, name);
    const error = new Class('why');
    assert.deepEqual(error.payload, { tag: 'failed', val: { code, message: 'why' } });
    assert.equal(error.name, name);
    assert.ok(error instanceof Error);
  }
  assert.equal(new Unsupported('x').code, 'invalid-argument');
  const statuses = new Map([[400, 'invalid-argument'], [401, 'invalid-credentials'], [403, 'access-denied'], [404, 'client-error'],
    [408, 'request-timeout'], [422, 'invalid-argument'], [429, 'rate-limit-exceeded'], [500, 'server-error'], [503, 'service-unavailable']]);
  for (const [status, code] of statuses) {
    assert.equal(new HttpError(status, 'x').code, code);
  }
});

test('an error of the SDK arrives as it was', async () => {
  const { error } = await thrown(new RateLimitExceeded('wait', { retryAfterSeconds: 7 }));
  assert.ok(error instanceof RateLimitExceeded);
  assert.deepEqual([error.message, error.retryAfterSeconds], ['wait', 7]);
  const http = (await thrown(new HttpError(429, 'slow'))).error;
  assert.ok(http instanceof HttpError && http.status === 429);
  assert.ok((await thrown(new Unsupported('that'))).error instanceof Unsupported);
});

test('anything else is unknown, and its text is in the log alone', async () => {
  const { error, logs } = await thrown(new TypeError('of the record CANARY'));
  assert.ok(error instanceof UnknownError);
  assert.equal(error.message, 'the connector failed unexpectedly (TypeError); its log has the details');
  const [line] = logs;
  assert.deepEqual([line?.level, line?.message, line?.fields.error], ['error', 'query threw TypeError', 'of the record CANARY']);
  assert.match(line?.fields.stack ?? '', /errors\.test/);
  for (const what of ['text', 7, 7n, undefined, null, Symbol('s'), {}, [], () => 1, new Proxy({}, { get: () => { throw 1; } }),
    { tag: 'failed' }, { payload: { tag: 'failed', val: { code: 'constructor', message: 'x' } } }]) {
    const { error } = await thrown(what);
    assert.ok(error instanceof UnknownError && error.message.startsWith('the connector failed unexpectedly'), error.message);
  }
});

test('a cause goes to the log, with its own causes', async () => {
  const { error, logs } = await thrown(new InvalidArgument('no', { cause: new Error('first', { cause: new Error('second') }) }));
  assert.equal(error.message, 'no');
  assert.equal(logs[0]?.level, 'debug');
  assert.match(logs[0]?.fields.stack ?? '', /caused by Error: first[^]*caused by Error: second/);
  const circle = new Error('circle');
  circle.cause = circle;
  await thrown(circle);
});

test('what an author may have put into an error cannot harm', async () => {
  for (const wait of [-1, 1.5, Number.NaN, 2 ** 31, '3' as unknown as number]) {
    const { error } = await thrown(new RateLimitExceeded('wait', { retryAfterSeconds: wait }));
    assert.equal(error.retryAfterSeconds, undefined);
    assert.equal(error.code, 'rate-limit-exceeded');
  }
  for (const status of [99, 600, 404.5, Number.NaN]) {
    assert.ok((await thrown(new HttpError(status, 'odd'))).error instanceof ServerError);
  }
  assert.equal((await thrown(new InvalidArgument('a\ud800b'))).error.message, 'a\ufffdb');
});

test('context goes before the message', () => {
  const error = new HttpError(503, 'down', { retryAfterSeconds: 9 }).context('listing');
  assert.ok(error instanceof HttpError);
  assert.deepEqual([error.status, error.message, error.retryAfterSeconds], [503, 'listing: down', 9]);
  assert.equal(new Unsupported('views').context('writing').message, 'writing: views');
});

test('errors of the host are of the same classes, caught or not', async () => {
  const down = () => new FakeHost(() => Answer.failure(new RateLimitExceeded('later', { retryAfterSeconds: 2 })));
  const { error } = await failing(() => http.get('https://a.example/'), down());
  assert.ok(error instanceof RateLimitExceeded && error.retryAfterSeconds === 2);
  const caught = await failing(() => {
    try {
      return http.get('https://a.example/');
    } catch (own) {
      throw own instanceof RateLimitExceeded ? new InvalidArgument('caught') : own;
    }
  }, down());
  assert.equal(caught.error.message, 'caught');
});

test('a promise that is rejected is an error like any other', async () => {
  const { error } = await failing(async () => {
    throw new RateLimitExceeded('later');
  });
  assert.ok(error instanceof RateLimitExceeded);
  assert.ok((await failing(() => Promise.reject('text'))).error instanceof UnknownError);
});

test('a line of the log is written whatever it is', async () => {
  const host = new FakeHost();
  await host.run(() => log.info('a\ud800', { n: 1, missing: undefined, none: null, big: 1n, half: '\udc00' }));
  assert.deepEqual(host.last.logs, [
    { level: 'info', message: 'a\ufffd', fields: { n: '1', none: 'null', big: '1', half: '\ufffd' } },
  ]);
});
