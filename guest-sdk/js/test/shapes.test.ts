import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  connector, customScheme, field, oauth2, UnknownError, withoutFilters, type Definition, type Description, type EntityDefinition,
} from '@appflow-wasm/connector';
import { FakeHost } from '@appflow-wasm/connector/testing';

const source = { query: () => undefined };
const minimal: Description = { owner: 'Example', name: 'Test', version: '1' };

function serve(definition: Partial<Definition> & { description?: unknown; entity?: unknown; entities?: unknown } = {}) {
  const { description = minimal, entity, entities = [] } = definition;
  return new FakeHost().serve(connector({
    configuration: { describe: () => description as Description, validateCredentials() {} },
    metadata: { listEntities: () => entities as [], describeEntity: () => entity as EntityDefinition },
    source,
    ...definition.configuration && { configuration: definition.configuration },
  }));
}

const described = (description: unknown) => serve({ description }).describe();
const entity = async (definition: unknown) => (await serve({ entity: definition }).describeEntity('x')).definition;
const refused = (promise: Promise<unknown>, place: string) =>
  assert.rejects(promise, (error: unknown) => error instanceof UnknownError && error.message.includes(place));

test('a description needs an owner, a name and a version, and the rest has defaults', async () => {
  assert.deepEqual(await described(minimal), {
    owner: 'Example', name: 'Test', version: '1', apiVersions: ['v1.0'], settings: [], authentication: [], operators: undefined,
    triggers: {}, frequencies: {}, writeOperations: {}, logoUrl: undefined,
  });
  for (const name of ['owner', 'name', 'version']) {
    await refused(described({ ...minimal, [name]: undefined }), `describe.${name} must be a text, not undefined`);
  }
});

test('flags are an array of names or an object of booleans', async () => {
  const all = { insert: true, update: true, upsert: false, delete: false };
  assert.deepEqual((await described({ ...minimal, writeOperations: ['insert', 'update'] })).writeOperations, all);
  assert.deepEqual((await described({ ...minimal, writeOperations: { insert: true, update: true } })).writeOperations, all);
  const { triggers, frequencies } = await described({ ...minimal, triggers: ['onDemand'], frequencies: ['byMinute'] });
  assert.equal(triggers.onDemand, true);
  assert.equal(frequencies.byMinute, true);
  await refused(described({ ...minimal, triggers: ['on-demand'] }), "describe.triggers has no flag 'on-demand'; there are scheduled");
});

test('settings and parameters have a label for a description, and are checked inside', async () => {
  const { settings } = await described({ ...minimal, settings: [{ key: 'region', label: 'Region', choices: ['eu', 'us'] }] });
  assert.deepEqual(settings, [{
    key: 'region', kind: 'text', required: false, label: 'Region', description: 'Region', scope: 'profile', choices: ['eu', 'us'],
  }]);
  for (const [wrong, place] of [
    [{ key: 'a', label: 'A', requierd: true }, "settings[0] has no field 'requierd'"],
    [{ key: 'a', label: 'A', kind: 'string' }, 'settings[0].kind must be one of text'],
    [{ key: 'a', label: 'A', required: 'yes' }, 'settings[0].required must be true or false'],
    [{ label: 'A' }, 'settings[0].key must be a text'],
    [{ key: 'a', label: 'A', choices: new Set(['x']) }, 'settings[0].choices must be an array, not a Set'],
    [['a', 'A'], 'settings[0] must be an object, not an array'],
  ] as const) {
    await refused(described({ ...minimal, settings: [wrong] }), place);
  }
});

test('ways to authenticate', async () => {
  const token = 'https://a.example/token';
  const byUser = oauth2({
    tokenUrls: [token], authUrls: ['https://a.example/authorize'], scopes: ['read'], content: 'json', method: 'get', basicHeader: true,
    parameters: [{ parameter: { key: 'tenant', label: 'Tenant', sensitive: false }, target: 'auth-url' }],
  });
  const own = customScheme({ name: 'double', parameters: [{ key: 'a', label: 'A' }] });
  const { authentication } = await described({ ...minimal, authentication: ['basic', 'api-key', byUser, oauth2({ tokenUrls: [token] }), own] });
  assert.deepEqual(authentication.slice(0, 2), [{ tag: 'basic' }, { tag: 'api-key' }]);
  const [, , code, client, custom] = authentication;
  assert.ok(code?.tag === 'oauth2' && client?.tag === 'oauth2' && custom?.tag === 'custom');
  assert.deepEqual(code.val.grants, { clientCredentials: false, authorizationCode: true });
  assert.deepEqual(client.val.grants, { clientCredentials: true, authorizationCode: false });
  assert.equal(client.val.content, 'url-encoded');
  assert.deepEqual(code.val.parameters[0], {
    parameter: { key: 'tenant', label: 'Tenant', description: 'Tenant', required: true, sensitive: false, choices: [] }, target: 'auth-url',
  });
  assert.deepEqual(custom.val.parameters[0]?.required, true);
  for (const [wrong, place] of [
    ['apiKey', "authentication[0] must be 'basic'"],
    [{ tag: 'api-key', val: 1 }, "authentication[0] must be 'basic'"],
    [{ tag: 'oauth2', val: { tokenUrls: token } }, 'authentication[0].val.tokenUrls must be an array'],
    [oauth2({ tokenUrls: [token], grants: ['password' as 'client-credentials'] }), 'authentication[0].val.grants[0] must be one of'],
  ] as const) {
    await refused(described({ ...minimal, authentication: [wrong] }), place);
  }
});

test('a field is what most fields are, unless it says otherwise', async () => {
  const { fields } = await entity({
    entity: 'x',
    fields: [
      field.text('id', { primaryKey: true }), field.dateTime('at', { read: { incremental: true } }), field.object('nested'),
      field.text('with space'), field.long('n', { read: ['retrievable'], write: true }), field.double('d', { write: { creatable: true }, idFor: ['update'] }),
    ],
  });
  const read = fields.map((one) => Object.entries(one.read).filter(([, state]) => state).map(([name]) => name).join(' '));
  assert.deepEqual(read, [
    'retrievable queryable', 'retrievable nullable queryable incremental', 'retrievable nullable', 'retrievable nullable', 'retrievable',
    'retrievable nullable queryable',
  ]);
  assert.deepEqual(fields[4]?.write, { creatable: true, updatable: true, upsertable: true });
  assert.equal(fields[5]?.write.creatable, true);
  assert.equal(fields[5]?.idFor.update, true);
});

test('without filters no field can be named in one', async () => {
  const { fields } = await entity(withoutFilters({
    entity: { id: 'x' }, fields: [field.text('a'), field.text('b', { read: ['retrievable', 'queryable'] }), field.text('c', { read: { nullable: false } })],
  }));
  for (const { read, filterOperators } of fields) {
    assert.equal(read.queryable, false);
    assert.equal(read.retrievable, true);
    assert.deepEqual(filterOperators, []);
  }
  assert.equal(fields[2]?.read.nullable, false);
});

test('bounds are texts of numbers, exact at any length', async () => {
  const constraints = { value: { min: -0.5, max: 123456789012345678901234567890n }, length: { min: 0, max: '255' }, allowedValues: ['a'] };
  const { fields } = await entity({ entity: 'x', fields: [field.bigDecimal('n', { constraints })] });
  assert.deepEqual(fields[0]?.constraints?.value, { min: '-0.5', max: '123456789012345678901234567890' });
  assert.deepEqual(fields[0]?.constraints?.length, { min: '0', max: '255' });
  const value = (max: unknown) => entity({ entity: 'x', fields: [{ name: 'n', dataType: 'long', constraints: { value: { min: 0, max } } }] });
  await refused(value(2 ** 53), 'fields[0].constraints.value.max is larger than JavaScript counts exactly');
  await refused(value('1,5'), 'constraints.value.max must be a number or the text of one');
  await refused(value(Number.NaN), 'constraints.value.max must be finite');
});

test('properties are an object, a map or pairs', async () => {
  for (const properties of [{ a: '1', b: '2' }, new Map([['a', '1'], ['b', '2']]), [['a', '1'], ['b', '2']]]) {
    assert.deepEqual((await entity({ entity: 'x', fields: [], properties })).properties, [['a', '1'], ['b', '2']]);
  }
});

test('entities are a list or a page', async () => {
  const entities = [{ id: 'a' }, { id: 'b', hasNested: true }];
  const whole = await serve({ entities }).listEntities();
  assert.deepEqual(whole.entities.map(({ id, hasNested }) => [id, hasNested]), [['a', false], ['b', true]]);
  const page = await serve({ entities: { entities, nextToken: 't', cacheSeconds: 600 } }).listEntities();
  assert.deepEqual([page.nextToken, page.cacheSeconds], ['t', 600]);
  await refused(serve({ entities: null }).listEntities(), 'listEntities must be an object, not null');
  await refused(serve({ entities: { entity: [] } }).listEntities(), "listEntities has no field 'entity'");
  await refused(serve({ entities: [{ id: 'a', properties: 'x' }] }).listEntities(), 'listEntities[0].properties must be an object');
});

test('an instance of a class will do for any object', async () => {
  class Mine {
    entity = 'x';
    fields = [field.text('id')];
  }
  assert.equal((await entity(new Mine())).fields[0]?.name, 'id');
});

test('a setting error is an answer, and nothing means that all is well', async () => {
  const configuration = {
    describe: () => minimal,
    validateCredentials() {},
    validateSettings: (scope: string) => (scope === 'profile' ? [{ key: 'a', message: 'wrong' }] : undefined),
  };
  assert.deepEqual(await serve({ configuration }).validateSettings({ a: '1' }), [{ key: 'a', message: 'wrong' }]);
  assert.deepEqual(await serve({ configuration }).validateSettings({}, 'source'), []);
  assert.deepEqual(await serve().validateSettings({}), []);
});

test('what is no connector is refused when it is made', () => {
  const configuration = { describe: () => minimal, validateCredentials() {} };
  const metadata = { listEntities: () => [], describeEntity: () => ({ entity: 'x', fields: [] }) };
  const made = (definition: unknown) => () => connector(definition as Definition);
  for (const [definition, message] of [
    [{ configuration, metadata }, 'give a source, a destination or both'],
    [{ configuration, metadata, source, sauce: {} }, "there is no interface 'sauce'"],
    [{ configuration, metadata: {}, source }, "'metadata' needs a method 'listEntities'"],
    [{ metadata, source }, "'configuration' must be an object or an instance of a class, not undefined"],
    [{ configuration: { ...configuration, validateSetings() {} }, metadata, source }, "has no method 'validateSetings'"],
    [{ configuration, metadata, source: { query() {}, retrieve: 'no' } }, "'source.retrieve' must be a method"],
    [{ configuration, metadata, source: () => undefined }, "'source' must be an object"],
    [{ configuration, metadata, source, destination: {} }, "'destination' needs a method 'write'"],
  ] as const) {
    assert.throws(made(definition), (error: unknown) => error instanceof TypeError && error.message.includes(message), message);
  }
});
