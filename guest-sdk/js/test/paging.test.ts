import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  condition, connector, HttpError, http, InvalidArgument, literal, Next, Paging, QueryRequest, RequestTimeout, ServerError, Unsupported,
  type At, type Exports, type PagingOptions, type Source,
} from '@appflow-wasm/connector';
import { Answer, FakeHost, type FakeHostOptions, type Sent } from '@appflow-wasm/connector/testing';

const API = 'https://a.example/items';

function reading(query: Source['query']): Exports {
  return connector({
    configuration: { describe: () => ({ owner: 'E', name: 'N', version: '1' }), validateCredentials() {} },
    metadata: { listEntities: () => [], describeEntity: () => ({ entity: 'x', fields: [] }) },
    source: { query },
  });
}

/** Records of an application, and the pages it gives of them in each of its ways. */
function application(total: number, cap = Infinity) {
  const all = Array.from({ length: total }, (_, id) => ({ id, text: `record ${id}` }));
  const part = (request: Sent, start: number) => {
    const size = Math.min(Number(request.query('limit') ?? 3), cap);
    return { items: all.slice(start, start + size), end: start + size };
  };
  const more = (end: number) => end < total;
  return {
    cursor: (request: Sent) => {
      const { items, end } = part(request, Number(request.query('cursor') ?? 0));
      return Answer.json({ items, next: more(end) ? String(end) : null, more: more(end) });
    },
    link: (request: Sent) => {
      const { items, end } = part(request, Number(request.query('from') ?? 0));
      return Answer.json({ items, next: more(end) ? `?from=${end}` : '' });
    },
    header: (request: Sent) => {
      const { items, end } = part(request, Number(request.query('from') ?? 0));
      const first = `<${API}?from=0>; rel="first"; title="a, b"`;
      return Answer.json({ items }).header('Link', more(end) ? `${first}, <${API}?from=${end}>; REL=next` : first);
    },
    offset: (request: Sent) => Answer.json({ items: part(request, Number(request.query('offset'))).items, total }),
    number: (request: Sent) => {
      const size = Math.min(Number(request.query('limit')), cap);
      return Answer.json({ items: all.slice((Number(request.query('page')) - 1) * size).slice(0, size), total });
    },
  };
}

type Way = keyof ReturnType<typeof application>;

const WAYS: Record<Way, { next: () => Next; fetch: (at: At) => http.Response }> = {
  cursor: { next: () => Next.cursor('/next'), fetch: (at) => http.get(API, { query: { limit: at.size, cursor: at.cursor } }) },
  link: { next: () => Next.link('/next'), fetch: (at) => http.get(at.url(API)) },
  header: { next: () => Next.linkHeader(), fetch: (at) => http.get(at.url(API)) },
  offset: { next: () => Next.offset({ totalAt: '/total' }), fetch: (at) => http.get(API, { query: { limit: at.size, offset: at.number } }) },
  number: { next: () => Next.pageNumber(1, { totalAt: '/total' }), fetch: (at) => http.get(API, { query: { limit: at.size, page: at.number } }) },
};

function follow(way: Way, total: number, options: PagingOptions = {}, host: FakeHostOptions = {}) {
  const { next, fetch } = WAYS[way];
  const read = reading((context, request) => new Paging(request, { records: '/items', ...options }).follow(next(), fetch));
  return new FakeHost(application(total)[way], host).serve(read);
}

const ids = (records: unknown[]) => records.map((record) => (record as { id: number }).id);
const upTo = (total: number) => Array.from({ length: total }, (_, id) => id);

test('every record comes once and in order, whatever the sizes of pages', async () => {
  for (const way of Object.keys(WAYS) as Way[]) {
    for (const total of [0, 1, 7, 12]) {
      for (const limit of [1, 2, 3, 5, 12, 100]) {
        for (const pageSize of [1, 3, 100]) {
          const { records, pages } = await follow(way, total, { pageSize }).queryAll('x', { limit });
          assert.deepEqual(ids(records), upTo(total), `${way} ${total} ${limit} ${pageSize}`);
          assert.ok(pages.every((page) => page.records.length <= limit));
        }
      }
    }
  }
});

test('pages are cut by bytes and by time, and nothing is lost', async () => {
  for (const way of Object.keys(WAYS) as Way[]) {
    for (const bytes of [40, 64, 100, 333]) {
      const { records } = await follow(way, 12, {}, { bytes }).queryAll('x');
      assert.deepEqual(ids(records), upTo(12), `${way} ${bytes}`);
    }
    const { records, pages } = await follow(way, 12, { pageSize: 2 }, { millis: 5000, millisPerRequest: 900 }).queryAll('x');
    assert.deepEqual(ids(records), upTo(12), way);
    assert.ok(pages.length > 1, way);
  }
});

test('a limit of the filter counts over all pages', async () => {
  for (const way of Object.keys(WAYS) as Way[]) {
    for (const wanted of [1, 3, 4, 7, 12, 50]) {
      for (const limit of [2, 5, 100]) {
        const filter = { text: '', condition: undefined, limit: wanted };
        const { records } = await follow(way, 12).queryAll('x', { limit, filter });
        assert.deepEqual(ids(records), upTo(Math.min(wanted, 12)), `${way} ${wanted} ${limit}`);
      }
    }
  }
});

test('fields are picked, and a limit in the middle of a page picks the same', async () => {
  const served = follow('link', 5, { picks: { name: 'text', number: '/id' } });
  assert.deepEqual((await served.query('x', { limit: 1 })).texts, ['{"name":"record 0","number":0}']);
  const filter = { text: '', condition: undefined, limit: 2 };
  assert.deepEqual((await served.query('x', { filter })).texts, ['{"name":"record 0","number":0}', '{"name":"record 1","number":1}']);
});

test('a condition is refused unless it is dealt with', async () => {
  const filter = condition.equal('id', literal.number(1));
  await assert.rejects(follow('cursor', 3).query('x', { filter }), (error: unknown) => error instanceof Unsupported && error.message === "filtering 'x'");
  assert.equal((await follow('cursor', 3, { filtered: true }).query('x', { filter })).records.length, 3);
  const all = (filtered: boolean) => new FakeHost().serve(reading((context, request) => new Paging(request, { filtered }).emit([{ id: 0 }])));
  await assert.rejects(all(false).query('x', { filter }), Unsupported);
  assert.equal((await all(true).query('x', { filter })).records.length, 1);
});

test('records that do not meet the rest of a condition are left out, over all pages', async () => {
  const isWanted = condition.any(
    condition.equal('text', literal.text('record 3')), condition.compare('id', 'greater-or-equal', literal.number(8)),
  );
  const wanted = [3, 8, 9, 10, 11, 12];
  for (const way of Object.keys(WAYS) as Way[]) {
    for (let limit = 1; limit <= 7; limit += 1) {
      const { records, pages } = await follow(way, 13, { pageSize: 5, check: isWanted }).queryAll('x', { limit, filter: isWanted });
      assert.deepEqual(records.map((record) => (record as { id: number }).id), wanted, `${way} ${limit}`);
      assert.ok(pages.every((page) => page.records.length <= limit), `${way} ${limit}`);
    }
    const filter = { text: '', condition: isWanted, limit: 4 };
    const { records } = await follow(way, 13, { pageSize: 5, check: isWanted }).queryAll('x', { limit: 3, filter });
    assert.equal(records.length, 4, way);
  }
});

test('a condition is put to what the record is made into, and only wanted fields go out', async () => {
  const check = condition.equal('name', literal.text('RECORD 4'));
  const fields = ['number', 'name'];
  const convert = ({ id, text }: Record<string, unknown>) => ({ number: id, name: String(text).toUpperCase(), more: true });
  const converted = await follow('cursor', 7, { check, convert }).queryAll('x', { fields, filter: check, limit: 2 });
  assert.deepEqual(converted.records, [{ number: 4, name: 'RECORD 4' }]);
  const renamed = await follow('cursor', 7, { check: condition.equal('name', literal.text('record 4')), picks: { number: 'id', name: '/text' } })
    .queryAll('x', { fields: ['number'], filter: check });
  assert.deepEqual(renamed.records, [{ number: 4 }]);
  const picked = await follow('cursor', 7, { check: condition.equal('text', literal.text('record 4')), picks: ['id'] })
    .queryAll('x', { fields: ['id'], filter: check });
  assert.deepEqual(picked.records, [{ id: 4 }]);
  const all = await follow('cursor', 2, { convert }).queryAll('x', {});
  assert.deepEqual(all.records, [{ number: 0, name: 'RECORD 0', more: true }, { number: 1, name: 'RECORD 1', more: true }]);
});

test('records that pass through the connector are cut by bytes, and nothing is lost', async () => {
  const check = condition.compare('id', 'not-equal', literal.number(5));
  for (const bytes of [40, 100, 300]) {
    const { records } = await follow('link', 20, { check }, { bytes }).queryAll('x', { filter: check });
    assert.equal(records.length, 19, String(bytes));
  }
  for (const body of ['{"items": 1}', '{"items": [1]}', '{"items": [[]]}', '{}', 'rubbish']) {
    const host = new FakeHost(() => Answer.json(body));
    const connector = reading((context, request) => new Paging(request, { records: '/items', check }).follow(Next.cursor('/next'), () => http.get(API)));
    await assert.rejects(host.serve(connector).query('x', { filter: check }), ServerError, body);
  }
});

test('whether a page was cut is told', async () => {
  const told: boolean[] = [];
  const host = new FakeHost(application(10).cursor);
  const connector = reading((context, request) => {
    const paging = new Paging(request, { records: '/items' });
    const next = paging.follow(Next.cursor('/next'), (at) => http.get(API, { query: { limit: 4, cursor: at.cursor } }));
    told.push(paging.wasCut);
    return next;
  });
  await host.serve(connector).queryAll('x', { limit: 6 });
  assert.deepEqual(told, [true, false]);
});

test('no more is asked for than is wanted', async () => {
  const page = await follow('cursor', 100, { pageSize: 50 }).query('x', { limit: 20 });
  assert.deepEqual(page.requests.map((request) => request.query('limit')), ['20']);
  const filter = { text: '', condition: undefined, limit: 7 };
  const few = await follow('cursor', 100, { pageSize: 5 }).query('x', { filter });
  assert.deepEqual(few.requests.map((request) => request.query('limit')), ['5', '2']);
});

test('tokens of something else are refused', async () => {
  const { nextToken } = await follow('cursor', 9).query('x', { limit: 2 });
  const token = nextToken ?? assert.fail();
  for (const [way, entity, own] of [
    ['link', 'x', token], ['cursor', 'y', token], ['cursor', 'x', 'rubbish'], ['cursor', 'x', `${token}x`], ['offset', 'x', token],
  ] as const) {
    await assert.rejects(follow(way, 9).query(entity, { token: own }), InvalidArgument);
  }
});

test('what the application does wrong ends the reading in words', async () => {
  const query = (answer: (request: Sent) => Answer, next = Next.cursor('/next')) => new FakeHost(answer)
    .serve(reading((context, request) => new Paging(request, { records: '/items' }).follow(next, WAYS.cursor.fetch))).query('x');
  await assert.rejects(query(() => Answer.json({ items: [{}], next: 'same' })), (error: unknown) => error instanceof ServerError && /read already/.test(error.message));
  await assert.rejects(query(() => Answer.status(503)), (error: unknown) => error instanceof HttpError && error.status === 503);
  await assert.rejects(query(() => Answer.json({ item: [] })), ServerError);
  await assert.rejects(query(() => Answer.json('{')), ServerError);
  assert.deepEqual((await query(() => Answer.status(204))).records, []);
  assert.deepEqual((await query(() => Answer.json({ items: [] }), Next.offset())).records, []);
  await assert.rejects(query(() => Answer.json({ items: [{}], next: 'x'.repeat(2000) })), ServerError);
});

test('the end is where the application says', async () => {
  const { cursor } = application(5);
  const query = (next: Next) => new FakeHost(cursor).serve(reading((context, request) =>
    new Paging(request, { records: '/items', pageSize: 2 }).follow(next, WAYS.cursor.fetch))).query('x');
  assert.equal((await query(Next.cursor('/next', { moreAt: '/more' }))).records.length, 5);
  assert.equal((await query(Next.cursor('/next', { moreAt: '/nowhere' }))).records.length, 2);
  assert.equal((await query(Next.cursor('/next', { shortPageEnds: true }))).requests.length, 3);
  const last = Next.with((answer) => answer.textAt('/items/1/id') && answer.textAt('/next'));
  assert.equal((await query(last)).records.length, 5);
});

test('records at hand come page by page', async () => {
  const served = (total: number, host: FakeHostOptions = {}, options: PagingOptions = {}) => new FakeHost(undefined, host).serve(
    reading((context, request) => new Paging(request, options).emit(upTo(total).map((id) => ({ id, text: 'é' })))));
  for (const total of [0, 1, 5]) {
    for (const limit of [1, 2, 5, 9]) {
      const { pages, records } = await served(total).queryAll('x', { limit });
      assert.deepEqual(ids(records), upTo(total));
      assert.equal(pages.length, Math.max(Math.ceil(total / limit), 1), 'no empty page follows');
    }
  }
  assert.deepEqual(ids((await served(5, { bytes: 25 }).queryAll('x')).records), upTo(5));
  assert.deepEqual((await served(2, {}, { picks: ['text'] }).query('x')).texts, ['{"text":"é"}', '{"text":"é"}']);
  const filter = { text: '', condition: undefined, limit: 3 };
  assert.deepEqual(ids((await served(5).queryAll('x', { limit: 2, filter })).records), [0, 1, 2]);
  await assert.rejects(served(5, { millis: 0 }).query('x'), RequestTimeout);
  await assert.rejects(served(5).query('x', { token: 'rubbish' }), InvalidArgument);
});

test('a generator is walked no further than the page goes', () => {
  let made = 0;
  function* endless() {
    for (;;) {
      yield { id: made };
      made += 1;
    }
  }
  return new FakeHost().run(() => new Paging(new QueryRequest('x', { limit: 3 })).emit(endless()), 3).then(({ records, value }) => {
    assert.equal(records.length, 3);
    assert.ok(value !== undefined);
    assert.equal(made, 3);
  });
});
