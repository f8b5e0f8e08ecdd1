import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  condition, conjuncts, connector, evaluate, fieldsOf, InvalidArgument, literal, split, Unsupported, type Comparator, type Condition,
  type Literal,
} from '@appflow-wasm/connector';
import { FakeHost } from '@appflow-wasm/connector/testing';

const { all, any, not, compare, equal, between, oneOf } = condition;
const { text, number, date, dateTime, none, boolean } = literal;

/** What a query is told of a filter, as it comes out of the contract's list of nodes. */
async function told(nodes: unknown[] | Condition): Promise<Condition | undefined> {
  let seen: Condition | undefined;
  const served = connector({
    configuration: { describe: () => ({ owner: 'E', name: 'N', version: '1' }), validateCredentials() {} },
    metadata: { listEntities: () => [], describeEntity: () => ({ entity: 'x', fields: [] }) },
    source: {
      query(context, request) {
        seen = request.condition;
      },
    },
  });
  const host = new FakeHost();
  if (Array.isArray(nodes)) {
    const filter = { text: '', nodes: nodes as [] };
    await host.run(() => served.source?.query({ apiVersion: 'v1', settings: [] }, { entity: 'x', fields: [], limit: 1, filter }));
  } else {
    await host.serve(served).query('x', { filter: nodes });
  }
  return seen;
}

const one = (name: string): Condition => equal(name, none);
const leaf = { tag: 'compare', val: { field: 'f', operator: 'equal', value: { tag: 'null' } } };

test('a condition survives the way through the contract', async () => {
  const whole = all(
    any(equal('a', text('x')), not(between('b', number(1), number('2.50')))), oneOf('c', date('2024-01-01'), dateTime('2024-01-01T00:00:00Z')),
    compare('d', 'contains', boolean(true)), one('e'),
  );
  assert.deepEqual(await told(whole), whole);
  assert.equal(await told([]), undefined);
});

test('a list that is no tree is refused', async () => {
  for (const nodes of [
    [{ tag: 'negate', val: 0 }],
    [{ tag: 'negate', val: 1 }],
    [{ tag: 'all-of', val: [1, 1] }, leaf],
    [{ tag: 'all-of', val: [] }],
    [{ tag: 'one-of', val: { field: 'f', values: [] } }],
    [leaf, leaf],
    [leaf, { tag: 'negate', val: 0 }],
    [{ tag: 'newer', val: 1 }],
    Array.from({ length: 200 }, (_, at) => (at === 199 ? leaf : { tag: 'negate', val: at + 1 })),
  ]) {
    await assert.rejects(told(nodes), (error: unknown) => (error as { val?: { code?: string; message?: string } }).val?.code === 'invalid-argument');
  }
});

test('helpers walk the tree', () => {
  const whole = all(any(one('b'), one('a')), all(one('b'), not(one('c'))));
  assert.deepEqual(fieldsOf(whole), ['a', 'b', 'c']);
  assert.equal(conjuncts(whole).length, 3);
  const { pushed, rest } = split(whole, (part) => part.op === 'any');
  assert.deepEqual(pushed, any(one('b'), one('a')));
  assert.deepEqual(rest, all(one('b'), not(one('c'))));
  assert.deepEqual(split(undefined, () => true), { pushed: undefined, rest: undefined });
});

const holds = (value: unknown, comparator: Comparator, wanted: Literal) => evaluate(compare('f', comparator, wanted), { f: value });

test('numbers are compared exactly', () => {
  for (const [value, comparator, wanted] of [
    [1, 'equal', '1.0'], ['1e3', 'equal', '1000.00'], ['-0', 'equal', '0.000'], ['9007199254740993', 'greater', '9007199254740992'],
    [9007199254740993n, 'greater', '9007199254740992'], [-2, 'less', '-1'], [-1, 'less', '0.001'], [0.0012, 'less', '0.0103'], ['10', 'greater', '9'],
    ['x', 'not-equal', '9'], [5, 'less-or-equal', '5'], [1e21, 'greater', '999999999999999999999'], [2, 'greater', '-3'],
  ] as const) {
    assert.ok(holds(value, comparator, number(wanted)), `${value} ${comparator} ${wanted}`);
  }
  assert.ok(!holds('x', 'less', number(9)));
  assert.ok(!holds(true, 'equal', number(1)));
  assert.ok(!holds('', 'equal', number(0)));
});

test('times are compared as moments', () => {
  for (const [value, comparator, wanted] of [
    ['2024-02-29T12:00:00.000+0000', 'equal', '2024-02-29T12:00:00Z'], ['2024-03-01T00:30:00+01:00', 'equal', '2024-02-29T23:30:00Z'],
    ['2024-01-01T00:00:00.5Z', 'greater', '2024-01-01T00:00:00.499999Z'], ['2024-01-01', 'equal', '2024-01-01T00:00:00Z'],
    ['2023-12-31', 'less', '2024-01-01T00:00:00Z'], [new Date(0), 'equal', '1970-01-01T00:00:00Z'], ['0099-01-01', 'less', '1970-01-01T00:00:00Z'],
  ] as const) {
    assert.ok(holds(value, comparator, dateTime(wanted)), `${value} ${comparator} ${wanted}`);
  }
  for (const odd of ['', '2024', '2024-13-01', '2024-01-01T', '2024-01-01T1', '2024-01-01T10:00:00+é', '2024-01-01T25:00:00Z', 7, {}]) {
    assert.ok(!holds(odd, 'less', date('2030-01-01')), String(odd));
  }
});

test('null equals only null, and texts are compared by code point', () => {
  assert.ok(holds(null, 'equal', none));
  assert.ok(holds(undefined, 'equal', none));
  assert.ok(!holds(null, 'less-or-equal', none));
  assert.ok(!holds(null, 'greater-or-equal', number(1)));
  assert.ok(holds(null, 'not-equal', number(1)));
  assert.ok(holds(1, 'not-equal', none));
  assert.ok(holds('\uffff', 'less', text('🦀')), 'UTF-16 units would say otherwise');
  assert.ok(holds('abc', 'contains', text('b')));
  assert.ok(!holds('abc', 'contains', text('B')));
  assert.ok(holds(true, 'greater', boolean(false)));
  assert.ok(!holds([1], 'equal', text('1')));
});

test('groups, ranges and names with dots', () => {
  const record = { n: 7, owner: { name: 'Ada' }, 'a.b': 1, a: { b: 2 } };
  assert.ok(evaluate(all(equal('n', number(7)), not(equal('n', number(8)))), record));
  assert.ok(!evaluate(all(equal('n', number(7)), equal('n', number(8))), record));
  assert.ok(evaluate(any(equal('n', number(8)), oneOf('n', number(1), number(7))), record));
  assert.ok(evaluate(between('n', number(5), number(7)), record));
  assert.ok(!evaluate(between('n', number(8), number(9)), record));
  assert.ok(evaluate(equal('owner.name', text('Ada')), record));
  assert.ok(evaluate(equal('a.b', number(1)), record), 'the name as a whole comes first');
  assert.ok(evaluate(equal('toString', none), record), 'what is inherited is no value');
  assert.ok(evaluate(equal('f', number(1)), () => 1));
  assert.throws(() => evaluate({ op: 'other', text: 'new' }, {}), Unsupported);
  assert.throws(() => evaluate(compare('n', 'like' as Comparator, number(1)), record), Unsupported);
  assert.ok(new InvalidArgument('x') instanceof Error);
});
