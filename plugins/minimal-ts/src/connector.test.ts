import assert from 'node:assert/strict';
import { test } from 'node:test';

import { InvalidArgument } from '@appflow-wasm/connector';
import { FakeHost } from '@appflow-wasm/connector/testing';

import connector from './connector.js';

const hello = new FakeHost().serve(connector);

test('greetings come page by page', async () => {
  for (let limit = 1; limit <= 6; limit += 1) {
    const { pages, records } = await hello.queryAll('greeting', { limit });
    assert.equal(pages.length, Math.ceil(5 / limit));
    assert.deepEqual(records[1], { id: 1, text: 'Hello, Barbara!' });
    assert.equal(records.length, 5);
  }
});

test('only wanted fields are in a record', async () => {
  const { records } = await hello.query('greeting', { fields: ['text'] });
  assert.deepEqual(records[0], { text: 'Hello, Ada!' });
});

test('a foreign token is refused', async () => {
  await assert.rejects(hello.query('greeting', { token: 'rubbish' }), InvalidArgument);
});
