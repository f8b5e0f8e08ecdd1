import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  condition, ConnectorError, HttpError, InvalidArgument, InvalidCredentials, literal, RateLimitExceeded, ServerError, Unsupported, type Condition,
} from '@appflow-wasm/connector';
import { Answer, FakeHost, type Sent } from '@appflow-wasm/connector/testing';

import connector from './connector.js';
import { kindOf } from './entities.js';
import { DERIVED } from './fields.js';
import { pushDown } from './pushdown.js';

const API = 'https://api.github.com';
const settings = { owner: 'octo', repository: 'hello' };

/** Issues of a repository; each second one is closed, each third one a pull request. */
const ISSUES = Array.from({ length: 250 }, (_, index) => {
  const number = index + 1;
  return {
    id: 9000 + number, number, title: `Issue ${number}`, state: number % 2 === 0 ? 'closed' : 'open',
    user: { login: `user-${number % 3}`, id: 1 }, created_at: '2026-01-01T00:00:00Z',
    updated_at: new Date(Date.UTC(2026, 0, 31, 10, 0, -number)).toISOString().replace('.000', ''),
    labels_url: 'not a field', ...(number % 3 === 0 ? { pull_request: { url: 'x' } } : {}),
  };
});

/** GitHub's list of them, as far as the connector makes use of it. */
function github(request: Sent): Answer {
  if (request.path !== '/repos/octo/hello/issues' && request.path !== '/repositories/42/issues') {
    return Answer.status(404);
  }
  const state = request.query('state') ?? 'open';
  const since = request.query('since') ?? '';
  const found = ISSUES.filter((one) => (state === 'all' || one.state === state) && one.updated_at > since);
  const page = Number(request.query('page') ?? 1);
  const size = Number(request.query('per_page') ?? 30);
  const query = [`state=${state}`, `since=${since}`, `per_page=${size}`, `page=${page + 1}`].join('&');
  const answer = Answer.json(found.slice((page - 1) * size, page * size));
  return answer.header('link', page * size < found.length
    ? `<${API}/repositories/42/issues?${query}>; rel="next", <${API}/repositories/42/issues?page=9>; rel="last"`
    : `<${API}/repositories/42/issues?page=1>; rel="first"`);
}

const numbers = (records: unknown[]) => records.map((record) => (record as { number: number }).number);
const all = ISSUES.map((one) => one.number);

test('every issue comes once, whatever the sizes of pages', async () => {
  for (const limit of [1, 7, 99, 100, 101, 1000]) {
    for (const fields of [['number', 'title'], ['number', 'user.login']]) {
      const { records, pages } = await new FakeHost(github).serve(connector).queryAll('issues', { settings, limit, fields, apiVersion: '2022-11-28' });
      assert.deepEqual(numbers(records), all, `${limit} ${fields}`);
      const first = pages[0]?.requests[0];
      assert.equal(first?.url, `${API}/repos/octo/hello/issues?state=all&sort=created&direction=asc&per_page=${Math.min(limit, 100)}`);
      assert.deepEqual(first?.credential, { tag: 'bearer' });
      assert.equal(first?.header('x-github-api-version'), '2022-11-28');
    }
  }
});

test('a record has the wanted fields alone, and those that are made of others', async () => {
  const host = new FakeHost(github).serve(connector);
  const { records } = await host.query('issues', { settings, limit: 1, fields: ['number', 'user.login', 'pull_request'] });
  assert.deepEqual(records, [{ number: 1, 'user.login': 'user-1' }]);
  const whole = (await host.query('issues', { settings, limit: 1 })).records[0] as Record<string, unknown>;
  assert.ok(!Object.hasOwn(whole, 'labels_url'));
  assert.equal(whole['user.login'], 'user-1');
  const comments = new FakeHost(() => Answer.json([{ id: 5, body: 'x', issue_url: `${API}/repos/octo/hello/issues/77`, user: null }]));
  const answer = await comments.serve(connector).query('comments', { settings, fields: ['id', 'issue_number', 'user.login'] });
  assert.deepEqual(answer.records, [{ id: 5, issue_number: 77 }]);
  assert.equal(comments.last.requests[0]?.url, `${API}/repos/octo/hello/issues/comments?sort=created&direction=asc&per_page=100`);
});

const at = (text: string) => literal.dateTime(`2026-01-31T${text}Z`);

test('state and the time of change go into the request', () => {
  const closed = condition.equal('state', literal.text('closed'));
  const after = (time: string) => condition.compare('updated_at', 'greater', at(time));
  const cases: [Condition, object][] = [
    [closed, { state: 'closed' }],
    [condition.between('updated_at', at('09:59:00'), at('10:00:00')), { since: '2026-01-31T09:58:59Z' }],
    [condition.compare('updated_at', 'greater-or-equal', at('10:00:00.500')), { since: '2026-01-31T09:59:59Z' }],
    [condition.compare('updated_at', 'greater', literal.date('2026-01-31')), { since: '2026-01-30T23:59:59Z' }],
    [condition.equal('updated_at', at('00:00:00')), { since: '2026-01-30T23:59:59Z' }],
    [condition.all(closed, after('09:00:00'), after('10:00:00')), { state: 'closed', since: '2026-01-31T09:59:59Z' }],
  ];
  for (const [one, params] of cases) {
    assert.deepEqual(pushDown(kindOf('issues'), one).params, params);
  }
  assert.equal(pushDown(kindOf('issues'), closed).rest, undefined);
});

test('what GitHub would answer otherwise is not pushed down', () => {
  const open = condition.equal('state', literal.text('open'));
  for (const one of [
    condition.equal('state', literal.text('all')), condition.equal('state', literal.text('OPEN')), condition.not(open),
    condition.compare('state', 'not-equal', literal.text('open')), condition.any(open, condition.equal('title', literal.text('x'))),
    condition.compare('updated_at', 'less', at('10:00:00')), condition.compare('created_at', 'greater', at('10:00:00')),
    condition.compare('updated_at', 'greater', literal.text('yesterday')), condition.compare('updated_at', 'greater', literal.dateTime('rubbish')),
  ]) {
    assert.deepEqual(pushDown(kindOf('issues'), one), { params: {}, rest: one });
  }
  // GitHub knows no such times.
  for (const odd of ['1969-12-31T23:59:59Z', '1970-01-01T00:00:00Z', '+010000-01-01T00:00:02Z']) {
    const one = condition.compare('updated_at', 'greater', literal.dateTime(odd));
    assert.deepEqual(pushDown(kindOf('issues'), one), { params: {}, rest: one }, odd);
  }
  // Nothing is both, which the check finds.
  const closed = condition.equal('state', literal.text('closed'));
  assert.deepEqual(pushDown(kindOf('issues'), condition.all(open, closed)), { params: { state: 'open' }, rest: closed });
  assert.deepEqual(pushDown(kindOf('comments'), open).params, {});
  assert.deepEqual(pushDown(kindOf('repositories'), condition.compare('updated_at', 'greater', at('10:00:00'))).params, {});
});

test('the rest of a filter is checked after the fetch, over all pages, and the log says so', async () => {
  const filter = condition.all(
    condition.equal('state', literal.text('closed')), condition.between('updated_at', at('09:57:00'), at('09:59:00')),
    condition.equal('user.login', literal.text('user-0')),
  );
  const expected = all.filter((number) => number % 6 === 0 && number >= 60 && number <= 180);
  for (const limit of [3, 1000]) {
    const { records, pages } = await new FakeHost(github).serve(connector).queryAll('issues', { settings, filter, limit, fields: ['number'] });
    assert.deepEqual(records, expected.map((number) => ({ number })));
    assert.equal(pages[0]?.requests[0]?.query('state'), 'closed');
    assert.equal(pages[0]?.requests[0]?.query('since'), '2026-01-31T09:56:59Z');
    assert.deepEqual(pages[0]?.logs, [{
      level: 'info', message: 'a part of the filter is checked after the fetch',
      fields: { entity: 'issues', checked: 'updated_at, user.login', 'asked for': 'state, since' },
    }]);
  }
});

test('pull requests are left out where that is wanted', async () => {
  const own = { ...settings, issues_only: 'true' };
  const { records } = await new FakeHost(github).serve(connector).queryAll('issues', { settings: own, fields: ['number'] });
  assert.deepEqual(records, all.filter((number) => number % 3 !== 0).map((number) => ({ number })));
});

test('repositories of an organization, of a user, and of whoever has the token', async () => {
  const asked: string[] = [];
  const host = new FakeHost((request) => {
    asked.push(request.path);
    return request.path === '/orgs/octo/repos' ? Answer.status(404) : Answer.json([{ full_name: 'octo/hello', owner: { login: 'octo' } }]);
  }).serve(connector);
  const owners: Record<string, string>[] = [{ owner: 'octo' }, { owner: 'acme' }, {}];
  for (const own of owners) {
    const { records } = await host.query('repositories', { settings: own, fields: ['full_name', 'owner.login'] });
    assert.deepEqual(records, [{ full_name: 'octo/hello', 'owner.login': 'octo' }]);
  }
  assert.deepEqual(asked, ['/orgs/octo/repos', '/users/octo/repos', '/orgs/acme/repos', '/user/repos']);
});

test('a page that was cut and changed since is noticed by its tag', async () => {
  for (const changed of [false, true]) {
    let tag = '"1"';
    const host = new FakeHost((request) => github(request).header('etag', tag), { bytes: 200 }).serve(connector);
    const begun = await host.query('issues', { settings, fields: ['number'] });
    assert.ok(begun.records.length < 100 && begun.nextToken !== undefined);
    tag = changed ? '"2"' : tag;
    const resumed = await host.query('issues', { settings, fields: ['number'], token: begun.nextToken });
    assert.equal(numbers(resumed.records)[0], begun.records.length + 1);
    assert.equal(resumed.logs.some(({ level, message }) => level === 'warn' && message.includes('changed before it was read on')), changed);
  }
});

test('links and tokens lead nowhere else', async () => {
  for (const target of [`${API}.evil.example/x`, 'http://api.github.com/x', 'https://evil.example/', 'https://api.github.com@evil.example/']) {
    const host = new FakeHost(() => Answer.json([{ number: 1 }]).header('link', `<${target}>; rel="next"`));
    await assert.rejects(host.serve(connector).queryAll('issues', { settings, fields: ['number'] }), ServerError, target);
    assert.ok(host.last.requests.every(({ url }) => url.startsWith(`${API}/`)));
  }
  for (const token of ['rubbish', 'x'.repeat(1000)]) {
    await assert.rejects(new FakeHost(github).serve(connector).query('issues', { settings, token }), InvalidArgument);
  }
});

test('what GitHub refuses is told in words that help', async () => {
  const cases: [Answer, new (...args: never[]) => ConnectorError, RegExp, number?][] = [
    [Answer.status(401), InvalidCredentials, /token/],
    [Answer.status(404), HttpError, /no repository 'octo\/hello', or the token may not see it/],
    [Answer.status(410), HttpError, /switched off/],
    [Answer.status(301).header('location', 'https://elsewhere.example/'), HttpError, /moved/],
    [Answer.status(403), HttpError, /does not allow/],
    [Answer.status(403).header('x-accepted-github-permissions', 'issues=read'), HttpError, /it needs issues=read/],
    [Answer.status(403).header('x-accepted-github-permissions', '<script>'), HttpError, /^GitHub does not allow this to the token$/],
    [Answer.status(403).header('x-github-sso', 'required; url=https://x'), HttpError, /single sign-on/],
    [Answer.status(403).header('retry-after', '30'), RateLimitExceeded, /secondary rate limit/, 30],
    [Answer.status(429).header('retry-after', '7').header('x-ratelimit-remaining', '0'), RateLimitExceeded, /GitHub's rate limit/, 7],
    [Answer.status(429), RateLimitExceeded, /secondary/, 60],
    [Answer.status(403).body('{"message": "You have exceeded a secondary rate limit."}'), RateLimitExceeded, /secondary/, 60],
    [Answer.status(403).body('<html>'), HttpError, /does not allow/],
    [Answer.status(502).body('<html>'), HttpError, /502/],
  ];
  for (const [answer, kind, words, wait] of cases) {
    await assert.rejects(new FakeHost(() => answer).serve(connector).query('issues', { settings }), (error) => {
      assert.ok(error instanceof kind, String(error));
      assert.match(error.message, words);
      assert.equal(error.retryAfterSeconds, wait);
      return true;
    });
  }
});

test('what cannot be is refused before GitHub is asked', async () => {
  const filter = condition.equal('nonsense', literal.text('x'));
  const requests: [string, object][] = [
    ['pulls', { settings }], ['issues', { settings, fields: ['nonsense'] }], ['issues', { settings, filter }], ['issues', {}],
    ['issues', { settings: { repository: 'hello' } }], ['issues', { settings: { repository: 'a/b/c' } }],
    ['issues', { settings: { owner: 'octo', repository: '..' } }], ['comments', { settings: { owner: 'a b', repository: 'c' } }],
    ['issues', { settings, filter: condition.equal('labels', literal.text('bug')) }],
    ['issues', { settings, filter: condition.equal('user', literal.text('octocat')) }],
    ['repositories', { settings: { owner: '../user' } }], ['issues', { settings: { ...settings, issues_only: 'perhaps' } }],
  ];
  for (const [entity, request] of requests) {
    const host = new FakeHost(github);
    await assert.rejects(host.serve(connector).query(entity, request), InvalidArgument, JSON.stringify([entity, request]));
    assert.equal(host.last.requests.length, 0);
  }
  const { value } = await new FakeHost().run(() => connector.configuration.validateSettings('profile', [['owner', 'a/b'], ['repository', 'x/y/z']]));
  assert.deepEqual(value.map(({ key }) => key), ['owner', 'repository']);
});

test('records are found by their keys, and those that are not there are left out', async () => {
  const host = new FakeHost((request) => {
    switch (request.path) {
      case '/repos/octo/hello/issues/7': return Answer.json({ number: 7, user: { login: 'a' }, labels_url: 'x' });
      case '/repos/octo/hello/issues/8': return Answer.status(410);
      case '/repos/octo/hello/issues/9': return Answer.status(301);
      case '/repos/octo/hello':
      case '/repos/OCTO/hello': return Answer.json({ full_name: 'octo/hello' });
      default: return Answer.status(404);
    }
  }).serve(connector);
  const issues = await host.retrieve('issues', ['7', '8', '9', '10', 'x', '../8', '-1'], { settings });
  assert.deepEqual(issues.records, [{ number: 7, user: { login: 'a' }, 'user.login': 'a' }]);
  assert.equal(issues.requests.length, 4);
  const repositories = await host.retrieve('repositories', ['octo/hello', 'octo', 'octo/..', 'a/b/c'], { fields: ['full_name'] });
  assert.deepEqual(repositories.records, [{ full_name: 'octo/hello' }]);
  await assert.rejects(host.retrieve('issues', ['7'], { settings, idField: 'id' }), Unsupported);
  // Another name of the same, as the host was led there.
  assert.deepEqual((await host.retrieve('repositories', ['OCTO/hello'], { fields: ['full_name'] })).records, [{ full_name: 'octo/hello' }]);
  await assert.rejects(new FakeHost(() => Answer.status(401)).serve(connector).retrieve('issues', ['7'], { settings }), InvalidCredentials);
});

test('a record that moved to another repository is not found, and one of a renamed repository is', async () => {
  // As the host gives it, which follows redirects.
  const host = new FakeHost((request) => {
    switch (request.path) {
      case '/repos/octo/hello/issues/7': return Answer.json({ number: 9, url: `${API}/repos/octo/other/issues/9` });
      case '/repos/octo/hello/issues/8': return Answer.json({ number: 8, url: `${API}/repos/octo/other/issues/8` });
      case '/repos/octo/hello/issues/9': return Answer.json({ number: 9, url: `${API}/repos/octo/renamed/issues/9` });
      case '/repos/octo/hello/issues/10': return Answer.json({ number: 10, url: `${API}/repos/Octo/Hello/issues/10` });
      case '/repos/octo/hello': return Answer.json({ full_name: 'octo/renamed' });
      case '/repos/octo/gone': return Answer.json({ full_name: 'octo/came' });
      default: return Answer.status(404);
    }
  }).serve(connector);
  const found = await host.retrieve('issues', ['7', '8', '9', '10'], { settings, fields: ['number'] });
  assert.deepEqual(numbers(found.records), [9, 10]);
  assert.equal(found.requests.filter((one) => one.path === '/repos/octo/hello').length, 1);
  assert.deepEqual((await host.retrieve('repositories', ['octo/gone'], {})).records, []);
});

test('a list that is not whole is told in the log', async () => {
  const host = new FakeHost((request) => github(request).header('x-github-sso', 'partial-results; organizations=21955855,20582480'));
  await host.serve(connector).query('issues', { settings, fields: ['number'] });
  assert.deepEqual(host.last.logs.map(({ level }) => level), ['warn']);
  assert.match(host.last.logs[0]?.message ?? '', /single sign-on/);
});

/** GitHub taking what is written; titles say what it does of it. */
function taking(request: Sent): Answer {
  const { title = '' } = (request.body === '' ? {} : request.json()) as { title?: string };
  if (title.startsWith('status ')) {
    return Answer.status(Number(title.slice(7))).body(JSON.stringify({
      message: `CANARY ${title}`, errors: [{ resource: 'Issue', field: 'title', code: 'missing_field', value: 'CANARY' }, { message: 'CANARY' }],
    }));
  }
  if (request.method === 'DELETE') {
    return Answer.status(request.path.endsWith('/404') ? 404 : 204);
  }
  return request.path.startsWith('/repos/octo/old')
    ? Answer.status(307).header('location', `${API}/repositories/42/issues`)
    : Answer.json({ id: 501, number: 12 });
}

test('issues and comments are written one by one', async () => {
  const host = new FakeHost(taking);
  const served = host.serve(connector);
  const first = () => ({ request: `${host.last.requests[0]?.method} ${host.last.requests[0]?.path}`, body: host.last.requests[0]?.json() });
  const record = {
    title: 'A', labels: [{ name: 'bug', color: 'f00' }, 'new'], milestone: { number: 3 }, assignees: [{ login: 'a' }, 'b'], type: { name: 'Task' },
  };
  assert.deepEqual(await served.write('issues', 'insert', [record], { settings }), [{ recordId: '12', error: undefined }]);
  const taken = { title: 'A', labels: ['bug', 'new'], milestone: 3, assignees: ['a', 'b'], type: 'Task' };
  assert.deepEqual(first(), { request: 'POST /repos/octo/hello/issues', body: taken });
  const change = { number: 12, state: 'closed', milestone: null };
  assert.deepEqual(await served.write('issues', 'update', [change], { settings, idFields: ['number'] }), [{ recordId: '12', error: undefined }]);
  assert.deepEqual(first(), { request: 'PATCH /repos/octo/hello/issues/12', body: { state: 'closed', milestone: null } });
  assert.deepEqual(await served.write('comments', 'insert', [{ issue_number: 12, body: 'B' }], { settings }), [{ recordId: '501', error: undefined }]);
  assert.deepEqual(first(), { request: 'POST /repos/octo/hello/issues/12/comments', body: { body: 'B' } });
  assert.deepEqual(
    await served.write('comments', 'delete', [{ id: 501 }, { id: '404' }], { settings, idFields: ['id'] }),
    [{ recordId: '501', error: undefined }, { recordId: '404', error: 'GitHub has no such comment, or the token may not see it' }],
  );
});

test('a write follows a renamed repository, and no further', async () => {
  const host = new FakeHost(taking);
  const old = { owner: 'octo', repository: 'old' };
  assert.deepEqual(await host.serve(connector).write('issues', 'insert', [{ title: 'A' }], { settings: old }), [{ recordId: '12', error: undefined }]);
  assert.equal(host.last.requests[1]?.url, `${API}/repositories/42/issues`);
  const evil = new FakeHost(() => Answer.status(307).header('location', 'https://evil.example/'));
  await assert.rejects(evil.serve(connector).write('issues', 'insert', [{ title: 'A' }], { settings: old }), ServerError);
  assert.equal(evil.last.requests.length, 1);
});

test('the way to a renamed repository is looked for once', async () => {
  const host = new FakeHost((request) => request.path.startsWith('/repos/octo/old')
    ? Answer.status(307).header('location', `${API}/repositories/42${request.path.slice('/repos/octo/old'.length)}`)
    : Answer.json({ number: 12 }));
  const old = { owner: 'octo', repository: 'old' };
  await host.serve(connector).write('issues', 'update', [{ number: 1, title: 'A' }, { number: 2, title: 'B' }], { settings: old, idFields: ['number'] });
  assert.deepEqual(
    host.last.requests.map(({ path }) => path),
    ['/repos/octo/old/issues/1', '/repositories/42/issues/1', '/repositories/42/issues/2'],
  );
});

test('no record is sent when its time is nearly over', async () => {
  const host = new FakeHost(taking, { millis: 1_500 });
  assert.deepEqual(await host.serve(connector).write('issues', 'insert', [{ title: 'A' }, { title: 'B' }], { settings }), [
    { recordId: '12', error: undefined }, { recordId: '', error: 'not sent, because the time was nearly over' },
  ]);
  assert.equal(host.last.requests.length, 1);
});

test('a repository that is not there is told once, and not for each issue', async () => {
  for (const status of [301, 404, 410]) {
    const host = new FakeHost(taking);
    await assert.rejects(host.serve(connector).write('issues', 'insert', [{ title: `status ${status}` }, { title: 'A' }], { settings }), HttpError);
    assert.equal(host.last.requests.length, 1);
  }
});

test('an outage and a wait are told with the record they met', async () => {
  const served = new FakeHost(taking).serve(connector);
  await assert.rejects(served.write('issues', 'insert', [{ title: 'status 500' }], { settings }), /the first record is not known to be written: /);
  const [, waits] = await served.write('issues', 'insert', [{ title: 'A' }, { title: 'status 429' }], { settings });
  assert.match(waits?.error ?? '', /limit is reached; to be tried again after 60 seconds$/);
});

test('each record has its result, and none is quoted', async () => {
  const served = new FakeHost(taking).serve(connector);
  const refused = 'GitHub does not take this: Issue title missing_field';
  assert.deepEqual(
    await served.write('issues', 'insert', [{ title: 'status 422' }, { title: 'A' }, { title: 'A', state: 'open' }, { title: 'A', colour: 1 }], { settings }),
    [
      { recordId: '', error: refused }, { recordId: '12', error: undefined },
      { recordId: '', error: "the field 'state' of issues cannot be written at first" },
      { recordId: '', error: "the field 'colour' of issues cannot be written at first" },
    ],
  );
  assert.deepEqual(
    await served.write('issues', 'insert', [{ title: 'status 422' }, { title: 'A' }], { settings, allOrNone: true }),
    [{ recordId: '', error: refused }, { recordId: '', error: 'not tried, as a record before it failed' }],
  );
  for (const status of [403, 401, 500, 429]) {
    const results = await served.write('issues', 'insert', [{ title: 'A' }, { title: `status ${status}` }, { title: 'A' }], { settings });
    assert.deepEqual(results[0], { recordId: '12', error: undefined });
    assert.equal(results[1]?.error?.startsWith('not known to be written'), status === 500, results[1]?.error);
    assert.equal(results[2]?.error, 'not tried, as a record before it failed');
    assert.ok(!JSON.stringify(results).includes('CANARY'));
    await assert.rejects(served.write('issues', 'insert', [{ title: `status ${status}` }, { title: 'A' }], { settings }), ConnectorError);
  }
  const none = 'the record has no id, or one that is no number';
  assert.deepEqual(
    await served.write('comments', 'update', [{ id: 'x', body: 'B' }, { body: 'B' }, { id: 1, user: {} }], { settings, idFields: ['id'] }),
    [
      { recordId: '', error: none }, { recordId: '', error: none },
      { recordId: '1', error: "the field 'user' of comments cannot be written" },
    ],
  );
});

test('what cannot be written is refused', async () => {
  const host = new FakeHost(taking);
  const served = host.serve(connector);
  const idFields = ['number'];
  await assert.rejects(served.write('repositories', 'insert', [{}], { settings }), Unsupported);
  await assert.rejects(served.write('issues', 'delete', [{ number: 1 }], { settings, idFields }), Unsupported);
  await assert.rejects(served.write('issues', 'upsert', [{ number: 1 }], { settings, idFields }), Unsupported);
  await assert.rejects(served.write('issues', 'update', [{ id: 1 }], { settings, idFields: ['id'] }), Unsupported);
  await assert.rejects(served.write('issues', 'insert', [{ title: 'A' }], { settings: {} }), InvalidArgument);
  assert.equal(host.last.requests.length, 0);
});

test('a token is checked where that counts for nothing', async () => {
  const host = new FakeHost((request) => (request.path === '/users/nobody' ? Answer.status(404) : Answer.json({})));
  await host.run(() => connector.configuration.validateCredentials([['owner', 'octo']]));
  assert.deepEqual(host.last.requests.map(({ path }) => path), ['/rate_limit', '/users/octo']);
  await assert.rejects(async () => host.run(() => connector.configuration.validateCredentials([['owner', 'nobody']])));
  await assert.rejects(async () => new FakeHost(() => Answer.status(401)).run(() => connector.configuration.validateCredentials([])));
});

test('entities are described by what GitHub says of them', async () => {
  for (const name of Object.keys(DERIVED)) {
    const { value } = await new FakeHost().run(() => connector.metadata.describeEntity({ apiVersion: '2022-11-28', settings: [] }, name));
    const { entity, fields } = value.definition;
    assert.equal(entity.id, name);
    assert.equal(fields.filter((one) => one.primaryKey).length, 1);
    assert.equal(fields.find((one) => one.name === 'updated_at')?.read.incremental, true);
    assert.equal(fields.some((one) => one.write.creatable), name !== 'repositories');
    assert.equal(new Set(fields.map((one) => one.name)).size, fields.length);
  }
});
