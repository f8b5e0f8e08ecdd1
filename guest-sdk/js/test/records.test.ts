import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  connector, InvalidArgument, page, QueryRequest, ServerError, Settings, token, UnknownError, WriteRequest, type Definition,
} from '@appflow-wasm/connector';
import { Answer, FakeHost } from '@appflow-wasm/connector/testing';

const host = new FakeHost();
const emitted = async (record: unknown) => (await host.run(() => page.emit(record as object))).texts[0];

test('a record is written as it is', async () => {
  assert.equal(await emitted({ a: 'x"\n', b: 1.5, c: null, d: [true, { e: undefined }], f: undefined }), '{"a":"x\\"\\n","b":1.5,"c":null,"d":[true,{}]}');
  assert.equal(await emitted({ id: 9007199254740993n, nested: [1n, { at: new Date(0) }] }), '{"id":9007199254740993,"nested":[1,{"at":"1970-01-01T00:00:00.000Z"}]}');
  assert.equal(await emitted('{"id":1.50}'), '{"id":1.50}');
});

test('what JSON would lose is refused with its place', async () => {
  for (const [record, message] of [
    [{ a: { b: new Set([1]) } }, 'record.a.b is a Set'], [{ a: new Map() }, 'record.a is a Map'], [{ a: [Number.NaN] }, 'record.a[0] is NaN'],
    [{ a: Infinity }, 'record.a is Infinity'], [{ a: () => 1 }, 'record.a is a function'], [{ a: [undefined] }, 'record.a[0] is undefined'],
    [{ a: Symbol('x') }, 'record.a is a symbol'], [{ a: Uint8Array.of(1) }, 'record.a is a Uint8Array'],
  ] as const) {
    await assert.rejects(emitted(record), (error: unknown) => error instanceof UnknownError && error.message.startsWith(message), message);
  }
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  await assert.rejects(emitted(circle), /nested too deeply, or in a circle/);
  for (const wrong of [[], 7, null, undefined, '[]', '{', '{} {}', '', '{"a":"\ud800"}']) {
    await assert.rejects(emitted(wrong), InvalidArgument, String(wrong));
  }
});

test('what has no further pages fails when it is full', async () => {
  const small = new FakeHost(() => Answer.json([{}, {}, {}]));
  await assert.rejects(small.run(() => {
    page.emitOrFail({});
    assert.equal(page.isFull(), false);
    page.emitOrFail({});
    assert.equal(page.isFull(), true);
    page.emitOrFail({});
  }, 2), /do not fit into one answer/);
  assert.equal(small.last.records.length, 2);
});

test('many records at once: as many as there is room for', async () => {
  // 3,000 records of 200 bytes: several batches.
  const records = Array.from({ length: 3000 }, (_, id) => ({ id, pad: 'é'.repeat(90) }));
  for (const limit of [1, 327, 1310, 1311, 2999, 3000, 5000]) {
    const { value, records: taken } = await host.run(() => page.emitAll(records), limit);
    assert.equal(value, Math.min(limit, 3000));
    assert.deepEqual(taken, records.slice(0, value));
  }
  assert.equal((await host.run(() => page.emitAll([]))).value, 0);
  await assert.rejects(host.run(() => page.emitAll([{}, '[]'])), InvalidArgument);
});

test('tokens are those of every SDK', () => {
  assert.equal(token.encode('all', 'greeting', '2'), 'fd11b1e93:all8:greeting1:2');
  const odd = ['cursor', 'é🦀', '', '0', '', '', '7'];
  assert.equal(token.encode(...odd), '9d9989dd6:cursor6:é🦀0:1:00:0:1:7');
  assert.deepEqual(token.decode(token.encode(...odd)), odd);
  const whole = token.encode('offset', '12345');
  for (let length = 0; length < whole.length; length += 1) {
    assert.throws(() => token.decode(whole.slice(0, length)), InvalidArgument);
  }
  for (const rubbish of ['rubbish', 'fd11b1e9', 'fd11b1e93:all8:greeting1:3', '811c9dc5:', `${whole}1:x`, 'é'.repeat(900)]) {
    assert.throws(() => token.decode(rubbish), InvalidArgument, rubbish);
  }
  assert.deepEqual(token.decode('811c9dc5'), []);
  token.encode('x'.repeat(1400));
  assert.throws(() => token.encode('x'.repeat(1475)), (error: unknown) => error instanceof ServerError && !error.message.includes('xx'));
});

test('a request says what is wanted', () => {
  const request = new QueryRequest('x', { fields: ['a', 'c'], token: '' });
  assert.equal(request.token, undefined, 'an empty token counts as none');
  assert.deepEqual(request.only({ a: 1, b: 2 }), { a: 1 });
  assert.deepEqual(request.picks(['a', 'b']), [{ name: 'a', path: 'a' }, { name: 'c', path: 'c' }]);
  assert.deepEqual(request.picks({ a: '/x/a', b: 'b' }), [{ name: 'a', path: '/x/a' }, { name: 'c', path: 'c' }]);
  assert.deepEqual(new QueryRequest('x').picks({ a: '/x/a' }), [{ name: 'a', path: '/x/a' }]);
  assert.ok(request.wants('a') && !request.wants('b') && new QueryRequest('x').wants('b'));
});

test('settings are read, and their values not repeated', () => {
  const settings = new Settings([['a', '1'], ['a', '2'], ['blank', ''], ['yes', 'TRUE'], ['odd', 'maybe'], ['big', '9007199254740993']]);
  assert.equal(settings.get('a'), '2');
  assert.equal(settings.integer('a'), 2);
  assert.equal(settings.get('blank'), undefined);
  assert.equal(settings.integer('blank'), undefined);
  assert.equal(settings.flag('yes'), true);
  assert.equal(settings.flag('absent'), false);
  assert.throws(() => settings.require('blank'), { message: "the setting 'blank' is missing" });
  for (const read of [() => settings.flag('odd'), () => settings.integer('odd'), () => settings.integer('big')]) {
    assert.throws(read, (error: unknown) => error instanceof InvalidArgument && !/maybe|90071/.test(error.message));
  }
});

test('each record has one result', async () => {
  const request = new WriteRequest('x', 'insert', [{ n: 1 }, '{"n":2}', {}]);
  assert.deepEqual(request.values().map(({ n }) => n), [1, 2, undefined]);
  const results = request.results();
  results.written(1, 7);
  results.written(9, 'nobody');
  results.failed(0, 'no name');
  assert.ok(!results.allWritten && results.isSet(0) && !results.isSet(2));
  assert.deepEqual(results.toArray(), [
    { recordId: '', error: 'no name' }, { recordId: '7' }, { recordId: '', error: 'the record was not written' },
  ]);
  results.failRest('rolled back');
  assert.equal(results.toArray()[2]?.error, 'rolled back');

  const write = (answer: unknown) => new FakeHost().serve(connector({
    configuration: { describe: () => ({ owner: 'E', name: 'N', version: '1' }), validateCredentials() {} },
    metadata: { listEntities: () => [], describeEntity: () => ({ entity: 'x', fields: [] }) },
    destination: { write: () => answer },
  } as Definition)).write('x', 'insert', [{}, {}]);
  assert.deepEqual(await write([{ recordId: 'a' }, { error: 'no' }]), [{ recordId: 'a', error: undefined }, { recordId: '', error: 'no' }]);
  await assert.rejects(write([{ recordId: 'a' }]), /write has 1 results for 2 records/);
  await assert.rejects(write([{ recordId: 1 }, {}]), /write\[0\].recordId must be a text, not a number/);
  await assert.rejects(write([{ recordId: 'a', error: false }, {}]), /write\[0\].error must be a text, not a boolean/);
});

test('a host must be there, and one at a time', async () => {
  assert.throws(() => page.room(), /there is no host here/);
  await assert.rejects(host.run(() => new FakeHost().run(() => 1)), /one host was run inside another/);
});
