/** A connector as AppFlow sees it. */
import type { Description, SettingError } from 'appflow:connector/configuration@0.1.0';
import type { Context as ContractContext, Error as ContractError } from 'appflow:connector/common@0.1.0';
import type { Operation, WriteResult } from 'appflow:connector/destination@0.1.0';
import type { EntityDescription, EntityPage } from 'appflow:connector/metadata@0.1.0';
import type { Filter as ContractFilter, FilterNode, Literal as ContractLiteral } from 'appflow:connector/source@0.1.0';

import type { Exports, Maybe } from '../connector.js';
import type { AuthenticationType, Scope } from '../description.js';
import { ConnectorError, fromContract } from '../errors.js';
import type { Condition, Literal } from '../filter.js';
import { QueryRequest, WriteRequest, type QueryInit } from '../requests.js';
import type { FakeHost, Run } from './host.js';

/** Pages after which {@link Served.queryAll} gives up. */
const MOST_PAGES = 10_000;

/** One page of records. */
export interface Page extends Omit<Run<undefined>, 'value'> {
  /** Token of the next page; `undefined` at the end. */
  nextToken: string | undefined;
}

/** Settings of a call by key. */
export type TestSettings = Readonly<Record<string, string>>;

/** What every metadata and data operation may be told beside what it is about. */
export interface TestContext {
  /** Settings of the connection and of this side of the flow; none unless given. */
  settings?: TestSettings;
  /** API version; `v1.0` unless given. */
  apiVersion?: string;
}

/** A connector behind a fake host. Each method rejects with a {@link ConnectorError} where AppFlow would get an error. */
export class Served {
  readonly #host: FakeHost;
  readonly #connector: Exports;

  /** @internal */
  constructor(host: FakeHost, connector: Exports) {
    this.#host = host;
    this.#connector = connector;
  }

  async #call<T>(call: () => Maybe<T>, limit?: number): Promise<Run<T>> {
    return this.#host.run(async () => {
      try {
        return await call();
      } catch (thrown) {
        throw thrown instanceof ConnectorError ? thrown : fromContract(thrown as ContractError);
      }
    }, limit);
  }

  /** What the connector says it is, as the contract has it. */
  async describe(locale = 'en-US'): Promise<Description> {
    return (await this.#call(() => this.#connector.configuration.describe(locale))).value;
  }

  /** The settings that are wrong. */
  async validateSettings(settings: TestSettings, scope: Scope = 'profile', authentication?: AuthenticationType): Promise<SettingError[]> {
    const pairs = Object.entries(settings);
    return (await this.#call(() => this.#connector.configuration.validateSettings(scope, pairs, authentication))).value;
  }

  /** Whether the credentials are good: rejects if not. */
  async validateCredentials(settings: TestSettings = {}): Promise<Run<void>> {
    return this.#call(() => this.#connector.configuration.validateCredentials(Object.entries(settings)));
  }

  /** The entities of a category, or the roots. */
  async listEntities(
    request: TestContext & { path?: string; limit?: number; token?: string } = {},
  ): Promise<EntityPage> {
    const { path, limit = 1000, token } = request;
    const own = { limit, ...(path === undefined ? {} : { path }), ...(token === undefined ? {} : { token }) };
    return (await this.#call(() => this.#connector.metadata.listEntities(contextOf(request), own))).value;
  }

  /** One entity. */
  async describeEntity(entity: string, context: TestContext = {}): Promise<EntityDescription> {
    return (await this.#call(() => this.#connector.metadata.describeEntity(contextOf(context), entity))).value;
  }

  /** One page of records. */
  async query(entity: string, request: QueryInit & TestContext = {}): Promise<Page> {
    const { source } = this.#connector;
    if (source === undefined) {
      throw new Error('the connector has no source');
    }
    const { fields, limit, token, filter } = new QueryRequest(entity, request);
    const run = await this.#call(() => source.query(contextOf(request), {
      entity,
      fields: [...fields],
      limit,
      ...(token === undefined ? {} : { token }),
      ...(filter === undefined ? {} : { filter: filterOf(filter.condition, filter.text, filter.limit) }),
    }), limit);
    const { value, ...page } = run;
    return { ...page, nextToken: value || undefined };
  }

  /** All pages, each asked for with the token of the one before, as AppFlow does. */
  async queryAll(entity: string, request: QueryInit & TestContext = {}): Promise<{ pages: Page[]; records: unknown[] }> {
    const pages: Page[] = [];
    const tokens = new Set<string>();
    let token = request.token ?? undefined;
    for (;;) {
      const page = await this.query(entity, { ...request, token });
      pages.push(page);
      token = page.nextToken;
      if (token === undefined) {
        return { pages, records: pages.flatMap(({ records }) => records) };
      }
      if (tokens.has(token) || pages.length >= MOST_PAGES) {
        throw new Error('the pages never end');
      }
      tokens.add(token);
    }
  }

  /** Records by identifier. */
  async retrieve(
    entity: string, ids: readonly string[], request: TestContext & { fields?: readonly string[]; idField?: string } = {},
  ): Promise<Run<void>> {
    const { source } = this.#connector;
    if (source === undefined) {
      throw new Error('the connector has no source');
    }
    const { fields = [], idField } = request;
    return this.#call(() => source.retrieve(contextOf(request), {
      entity, ids: [...ids], fields: [...fields], ...(idField === undefined ? {} : { idField }),
    }), ids.length);
  }

  /** What became of records that were written. */
  async write(
    entity: string, operation: Operation, records: readonly (object | string)[],
    request: TestContext & { idFields?: readonly string[]; allOrNone?: boolean } = {},
  ): Promise<WriteResult[]> {
    const { destination } = this.#connector;
    if (destination === undefined) {
      throw new Error('the connector has no destination');
    }
    const own = new WriteRequest(entity, operation, records, request);
    return (await this.#call(() => destination.write(contextOf(request), {
      entity, operation, records: [...own.records], idFields: [...own.idFields], allOrNone: own.allOrNone,
    }))).value;
  }
}

function contextOf(context: TestContext): ContractContext {
  return { apiVersion: context.apiVersion ?? 'v1.0', settings: Object.entries(context.settings ?? {}) };
}

/** A condition as the contract has it: a list of nodes, children after their parent. */
function filterOf(condition: Condition | undefined, text: string, limit: number | undefined): ContractFilter {
  const nodes: FilterNode[] = [];
  const add = (one: Condition): number => {
    const index = nodes.length;
    // Its place is taken first, so that the children come after it.
    nodes.push({ tag: 'other', val: '' });
    nodes[index] = node(one, add);
    return index;
  };
  if (condition !== undefined) {
    add(condition);
  }
  return { text, nodes, ...(limit === undefined ? {} : { limit }) };
}

function node(one: Condition, add: (child: Condition) => number): FilterNode {
  switch (one.op) {
    case 'all': return { tag: 'all-of', val: Uint32Array.from(one.of.map(add)) };
    case 'any': return { tag: 'any-of', val: Uint32Array.from(one.of.map(add)) };
    case 'not': return { tag: 'negate', val: add(one.of) };
    case 'compare': return { tag: 'compare', val: { field: one.field, operator: one.comparator, value: literalOf(one.value) } };
    case 'between': return { tag: 'between', val: { field: one.field, low: literalOf(one.low), high: literalOf(one.high) } };
    case 'one-of': return { tag: 'one-of', val: { field: one.field, values: one.values.map(literalOf) } };
    case 'other': return { tag: 'other', val: one.text };
  }
}

function literalOf(literal: Literal): ContractLiteral {
  return literal.type === 'null' ? { tag: 'null' } : ({ tag: literal.type, val: literal.value } as ContractLiteral);
}
