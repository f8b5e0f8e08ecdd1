/// <reference path="../contract/connector.d.ts" preserve="true" />
/**
 * A host in memory, to test a connector under Node.js without WebAssembly.
 *
 * Say what the application answers, and call the connector as AppFlow does. Calls go through the same edge as in a
 * component: what is thrown becomes an error of the contract, and what is returned is held against the contract's shapes. The
 * fake keeps to the limits a real host has, so that pages are cut where they would be.
 *
 * ```ts
 * import connector from './connector.js';
 *
 * const host = new FakeHost((request) => (request.url.endsWith('/items') ? Answer.json([{ id: 1 }, { id: 2 }]) : Answer.status(404)));
 * const { records } = await host.serve(connector).queryAll('item', { limit: 1 });
 * assert.deepEqual(records, [{ id: 1 }, { id: 2 }]);
 * ```
 *
 * @packageDocumentation
 */
export { Answer, type Sent } from './answer.js';
export { FakeHost, type FakeHostOptions, type Run } from './host.js';
export { Served, type Page } from './served.js';
