import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fetch, fetchWith, HttpError, http, InvalidArgument, page, ServerError } from '@appflow-wasm/connector';
import { Answer, FakeHost, type Sent } from '@appflow-wasm/connector/testing';

/** The request that a call sends. */
async function sent(call: () => unknown): Promise<Sent> {
  const { requests } = await new FakeHost(() => Answer.json({})).run(call);
  assert.equal(requests.length, 1);
  return requests[0] as Sent;
}

const refused = (call: () => unknown, message: RegExp) =>
  assert.rejects(new FakeHost(() => Answer.json({})).run(call), (error: unknown) => error instanceof InvalidArgument && message.test(error.message));

test('requests are put together', async () => {
  const request = await sent(() => http.post('https://a.example/x#here', {
    query: { q: 'ä b', list: [1, 2], none: undefined, no: null, yes: true }, form: { 'a&b': 'c=d', e: '' }, credential: 'basic',
  }));
  assert.equal(request.method, 'POST');
  assert.equal(request.url, 'https://a.example/x?q=%C3%A4%20b&list=1&list=2&yes=true');
  assert.equal(request.query('q'), 'ä b');
  assert.equal(request.body, 'a%26b=c%3Dd&e=');
  assert.deepEqual(request.headers, [['content-type', 'application/x-www-form-urlencoded']]);
  assert.deepEqual(request.credential, { tag: 'basic' });

  const json = await sent(() => http.patch('https://a.example', { headers: { 'Content-Type': 'application/merge-patch+json' }, json: { n: 9007199254740993n } }));
  assert.equal(json.body, '{"n":9007199254740993}');
  assert.equal(json.headers.length, 1, 'a content type given is kept');
  assert.equal((await sent(() => http.put('https://a.example', { json: ' {"a": 1.50}' }))).body, ' {"a": 1.50}');
  assert.equal((await sent(() => http.put('https://a.example', { json: 'text' }))).body, '"text"');
  assert.equal((await sent(() => http.delete('https://a.example'))).method, 'DELETE');
  assert.equal((await sent(() => http.request('HEAD', 'https://a.example'))).url, 'https://a.example');
  assert.equal((await sent(() => http.get('https://a.example/?', { query: new Map([['a', 1]]) }))).url, 'https://a.example/?a=1');
});

test('credentials are named and never seen', async () => {
  const of = async (credential: http.Credential) => (await sent(() => http.get('https://a.example', { credential }))).credential;
  assert.deepEqual(await of(http.secretHeader('X-Key', 'apiKey', 'Token ')), { tag: 'header', val: { name: 'X-Key', secretKey: 'apiKey', prefix: 'Token ' } });
  assert.deepEqual(await of(http.secretQuery('key', 'apiKey')), { tag: 'query', val: { name: 'key', secretKey: 'apiKey', prefix: '' } });
  assert.deepEqual(await of(http.signed('hmac-sha256', { 'secret-key': 'k', header: 'x-s' })),
    { tag: 'signed', val: { scheme: 'hmac-sha256', parameters: [['secret-key', 'k'], ['header', 'x-s']] } });
});

test('what an engine would lose or change is refused', async () => {
  const get = (options: unknown) => () => http.get('https://a.example', options as http.RequestOptions);
  await refused(get({ header: {} }), /no option 'header'; there are query/);
  await refused(get({ headers: { a: 1 } }), /headers of a request must be text, not a number/);
  await refused(get({ headers: { a: 'x\ud800' } }), /headers/);
  await refused(get({ credential: 'Bearer' }), /a credential is 'bearer'/);
  await refused(get({ credential: { tag: 'header', val: { name: 'x' } } }), /a credential is/);
  await refused(get({ text: 'a', json: {} }), /one body, not json and text/);
  await refused(get({ bytes: [1, 2] }), /must be a Uint8Array, not an array/);
  await refused(get({ query: { a: {} } }), /the parameter 'a' must be a text/);
  await refused(get({ query: { a: '\ud800' } }), /half of a character/);
  await refused(() => http.get(new URL('https://a.example') as unknown as string), /address of a request must be text, not a URL/);
  await assert.rejects(new FakeHost().run(get({ json: { a: new Map() } })), /the body\.a is a Map/);
});

test('answers are read', async () => {
  const body = '{"a":{"b/c":["x",{"d":null}]},"n":1.50,"s":"\\u00e9"}';
  const host = new FakeHost(() => Answer.json(body).header('X-One', '1').header('x-one', '2'));
  await host.run(() => {
    const answer = http.get('https://a.example').ensureOk();
    assert.equal(answer.header('X-ONE'), '1, 2');
    assert.equal(answer.header('absent'), undefined);
    assert.equal(answer.textAt('/s'), 'é');
    assert.equal(answer.textAt('/n'), '1.50');
    assert.equal(answer.textAt('/a/b~1c/0'), 'x');
    assert.equal(answer.textAt('/a/b~1c/1/d'), undefined);
    assert.equal(answer.jsonAt('/a/b~1c/1/d'), 'null');
    assert.equal(answer.jsonAt('/a/absent'), undefined);
    assert.equal(answer.jsonAt(''), body);
    assert.equal(answer.text(), body);
    assert.deepEqual((answer.json() as { n: number }).n, 1.5);
    assert.equal(answer.bytes().length, body.length);
    answer.dispose();
    answer.dispose();
    assert.throws(() => answer.text(), /let go/);
  });
});

test('a failure has its status and its wait', async () => {
  const host = new FakeHost(() => Answer.status(429).header('Retry-After', '30'));
  await host.run(() => {
    const answer = http.get('https://a.example');
    assert.deepEqual([answer.status, answer.ok], [429, false]);
    assert.throws(() => answer.ensureOk(), (error: unknown) => error instanceof HttpError && error.status === 429 && error.retryAfterSeconds === 30);
  });
});

test('a body that is no JSON is the application\'s mistake, and is not repeated', async () => {
  await new FakeHost(() => Answer.status(200).body('CANARY')).run(() => {
    const answer = http.get('https://a.example');
    assert.throws(() => answer.json(), (error: unknown) => error instanceof ServerError && !error.message.includes('CANARY'));
  });
  await new FakeHost(() => Answer.status(200).body(Uint8Array.of(0xff))).run(() => {
    assert.throws(() => http.get('https://a.example').text(), ServerError);
  });
});

test('fetch is the web\'s', async () => {
  const host = new FakeHost((request) => Answer.json({ method: request.method, body: request.body }).header('Link', '<x>'));
  const run = await host.run(async () => {
    const answer = await fetch(new URL('https://a.example/x'), { method: 'post', body: new URLSearchParams({ a: 'b c' }), headers: new Map([['x', '1']]) });
    assert.deepEqual([answer.ok, answer.status, answer.headers.get('LINK'), answer.headers.has('x'), [...answer.headers.keys()]],
      [true, 200, '<x>', false, ['content-type', 'link']]);
    assert.equal((await answer.text()).length, (await answer.arrayBuffer()).byteLength);
    return answer.json();
  });
  assert.deepEqual(run.value, { method: 'POST', body: 'a=b+c' });
  assert.deepEqual(run.requests[0]?.headers, [['x', '1'], ['content-type', 'application/x-www-form-urlencoded;charset=UTF-8']]);
  await host.run(async () => {
    const answer = await fetchWith('bearer')('https://a.example', { body: Uint8Array.of(65) });
    page.emitJson((await fetch('https://a.example')).raw, { records: '/none' });
    return answer;
  }).then(() => assert.fail(), (error: unknown) => assert.ok(error instanceof ServerError, String(error)));
  assert.deepEqual(host.last.requests[0]?.credential, { tag: 'bearer' });
  assert.equal(host.last.requests[0]?.body, 'A');
  await assert.rejects(host.run(() => fetch('https://a.example', { body: new Blob(['x']) })), InvalidArgument);
});

test('addresses are put together so that no value can leave its place', () => {
  for (const hostile of ['..', '.', 'a/../b', 'a?b', 'a#b', '%2e%2e', '\\', 'é\n']) {
    const url = http.join('https://a.example/v1/', hostile, 'z');
    assert.equal(url.split('/').length, 6, url);
    assert.ok(!/[?#\\\n]|\/\.\.\/|%2E\//.test(url), url);
  }
  assert.equal(http.encode("a/b c=é!'()*"), 'a%2Fb%20c%3D%C3%A9%21%27%28%29%2A');
  for (const [base, link, whole] of [
    ['https://a.example/v1/items?x=1', 'more?p=2', 'https://a.example/v1/more?p=2'],
    ['https://a.example', 'more', 'https://a.example/more'],
    ['https://a.example', '/more', 'https://a.example/more'],
    ['https://a.example/v1', '//b.example/x', 'https://b.example/x'],
    ['https://a.example/v1?q=a/b', '', 'https://a.example/v1'],
    ['https://a.example/v1/items?x=1', '?page=2', 'https://a.example/v1/items?page=2'],
    ['https://a.example/v1/items', 'https://b.example/', 'https://b.example/'],
  ] as const) {
    assert.equal(http.resolve(base, link), whole);
  }
});
