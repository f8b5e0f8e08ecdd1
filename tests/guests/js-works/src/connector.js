/**
 * A connector in JavaScript that uses each function of the contract once, in both engines, whose bindings differ: what is none, a list of
 * numbers, a body. What it does is named by the entity: tests/cases/js-works.
 */
import {
  connector, credentials, fetch as sdkFetch, field, http, invocation, log, Next, page, Paging,
} from '@appflow-wasm/connector';

const QUERIES = {
  // The condition as it came out of the contract's list of nodes.
  filter(context, request) {
    page.emit({ condition: request.condition, limit: request.totalLimit ?? null, fields: request.fields });
  },
  imports(context, request, upstream) {
    const secret = credentials.get();
    const { requestId, flowName, executionId, profileLabel } = invocation.current();
    const stored = invocation.entity();
    log.info('a line', { fields: 1, none: undefined });
    const answer = http.get(http.join(upstream, 'a b', 'x/y'), { query: { q: 'ä', none: null }, credential: 'bearer' });
    page.emit({
      secret: secret.kind,
      sealed: secret.token.length > 0,
      names: [requestId.length > 0, flowName, executionId ?? null, profileLabel ?? null],
      entity: stored?.entity.id ?? null,
      nullable: stored?.fields.map((one) => one.read.nullable),
      sameEntity: JSON.parse(invocation.entityJson()).entity.entityIdentifier,
      time: invocation.millisLeft() > 0,
      room: page.room().recordsLeft,
      status: answer.status,
      header: answer.header('X-One'),
      absent: answer.header('x-two') ?? null,
      headers: answer.headers().some(([name]) => name === 'x-one'),
      text: answer.text().length,
      bytes: answer.bytes().length,
      at: [answer.jsonAt('/n'), answer.textAt('/s'), answer.textAt('/none') ?? null, answer.jsonAt('/none') ?? null],
      value: answer.json().s,
    });
    answer.dispose();
  },
  bodies(context, request, upstream) {
    const send = (options) => page.emit(http.post(`${upstream}/echo`, options).ensureOk().text());
    send({ json: { a: [1, 'ü'] } });
    send({ form: { 'a b': '1&2' } });
    send({ text: 'plain', headers: { 'content-type': 'text/plain' } });
    send({ bytes: Uint8Array.of(0, 255, 65) });
    send({ headers: [['x-twice', '1'], ['x-twice', '2']], credential: http.secretHeader('x-key', 'accessToken', 'Token ') });
  },
  paging(context, request, upstream) {
    return new Paging(request, { records: '/items', picks: { id: 'id', name: '/person/name' } })
      .follow(Next.link('/next'), (at) => http.get(at.url(`${upstream}/items`), { credential: 'bearer' }));
  },
  // It is later than when this was written, time does not go back, and two numbers by chance are not the same.
  clock() {
    const before = Date.now();
    const later = new Date();
    page.emit({ set: before > Date.UTC(2026, 0, 1), onward: later.getTime() >= before, chance: Math.random() !== Math.random() });
  },
  // An answer that is not let go by hand.
  many(context, request, upstream) {
    for (let at = 0; at < 3; at += 1) {
      http.get(`${upstream}/items`, { credential: 'bearer' });
    }
  },
  async fetch(context, request, upstream) {
    const answer = await sdkFetch(`${upstream}/items`, { credential: 'bearer' });
    const { items } = await answer.json();
    await Promise.all(items.map(async (item) => page.emit(item)));
  },
  async 'web-fetch'(context, request, upstream) {
    const { token } = credentials.get();
    const answer = await fetch(`${upstream}/items`, { headers: { authorization: `Bearer ${token}` } });
    const { items } = await answer.json();
    page.emit({ status: answer.status, first: items[0], url: new URL('/x?y=1', upstream).searchParams.get('y') });
  },
};

export default connector({
  configuration: {
    describe: () => ({ owner: 'Tests', name: 'JS works', version: '0.1.0', writeOperations: ['insert', 'update'] }),
    validateCredentials() {},
  },
  metadata: {
    listEntities: (context, { path, limit, token }) => ({
      entities: [{ id: path ?? 'root', label: `${limit} ${token ?? 'none'}` }], nextToken: token === undefined ? 'more' : undefined,
    }),
    describeEntity: (context, entity) => ({ entity, fields: [field.text('id', { primaryKey: true }), field.text('name')] }),
  },
  source: {
    query: (context, request) => QUERIES[request.entity](context, request, context.settings.require('upstream')),
    retrieve(context, request) {
      for (const id of request.ids) {
        page.emitOrFail(request.only({ id, by: request.idField ?? 'key' }));
      }
    },
  },
  destination: {
    write(context, request) {
      const results = request.results();
      request.values().forEach((record, index) => {
        const answer = http.post(`${context.settings.require('upstream')}/items`, { json: record, credential: 'bearer' });
        if (answer.ok) {
          results.written(index, answer.textAt('/id'));
        } else {
          results.failed(index, `the application answered with status ${answer.status}`, request.operation);
        }
      });
      return results;
    },
  },
});
