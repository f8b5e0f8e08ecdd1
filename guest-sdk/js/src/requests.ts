/** What the operations are asked. */
import type { RetrieveRequest as ContractRetrieve, QueryRequest as ContractQuery } from 'appflow:connector/source@0.1.0';
import type { Operation, WriteRequest as ContractWrite, WriteResult } from 'appflow:connector/destination@0.1.0';
import type { ListRequest as ContractList } from 'appflow:connector/metadata@0.1.0';

import { list, optional, or, record, refuse, text, type Shape } from './check.js';
import { fromContract, type Condition, type Filter } from './filter.js';
import { InvalidArgument } from './errors.js';
import type { Picks } from './page.js';

export type { Operation };

/** What to list. */
export interface ListRequest {
  /** Identifier of the category; `undefined` for the roots. */
  readonly path: string | undefined;
  /** Most entities to return. */
  readonly limit: number;
  /** Token of the last page. */
  readonly token: string | undefined;
}

/** A request for records, of either kind. */
abstract class FieldsRequest {
  /** Identifier of the entity. */
  readonly entity: string;
  /** Fields wanted; empty for all. A record must not have others. */
  readonly fields: readonly string[];

  constructor(entity: string, fields: readonly string[]) {
    this.entity = entity;
    this.fields = fields;
  }

  /** Whether a field is wanted. */
  wants(field: string): boolean {
    return this.fields.length === 0 || this.fields.includes(field);
  }

  /** The object with the wanted fields alone, in its own order. */
  only<T extends object>(record: T): Partial<T> {
    const { fields } = this;
    if (fields.length === 0) {
      return record;
    }
    // Written for the interpreters this runs in, which take their time for closures and pairs.
    const kept: Record<string, unknown> = {};
    for (const name of Object.keys(record)) {
      if (fields.includes(name)) {
        kept[name] = (record as Record<string, unknown>)[name];
      }
    }
    return kept as Partial<T>;
  }

  /**
   * Picks for the fields wanted: those of `all` that are, or, where AppFlow names none, all of them. `all` is a list of
   * names, or `{ name: path }` where the application's names differ. A wanted field that is not in `all` is picked by its
   * own name.
   */
  picks(all: readonly string[] | Readonly<Record<string, string>>): { name: string; path: string }[] {
    const paths = new Map(Array.isArray(all)
      ? (all as readonly string[]).map((name) => [name, name] as const)
      : Object.entries(all as Readonly<Record<string, string>>));
    const names = this.fields.length === 0 ? [...paths.keys()] : this.fields;
    return names.map((name) => ({ name, path: paths.get(name) ?? name })) satisfies Picks;
  }
}

/** What to read. */
export class QueryRequest extends FieldsRequest {
  /** What records to read; `undefined` for all of them. */
  readonly filter: Filter | undefined;
  /** Most records AppFlow takes in this page, 1 or more. The page keeps to it; ask the application for no more. */
  readonly limit: number;
  /** Token the connector returned for the page before; `undefined` for the first page. */
  readonly token: string | undefined;

  /** @param init What differs from a request for the first page of 1,000 records with all fields; for tests. */
  constructor(entity: string, init: QueryInit = {}) {
    super(entity, init.fields ?? []);
    const { filter } = init;
    this.filter = filter === undefined || 'condition' in filter
      ? filter
      : { text: '', condition: filter, limit: undefined };
    this.limit = init.limit ?? 1000;
    // An empty token counts as none.
    this.token = init.token || undefined;
  }

  /** The condition, if there is one. */
  get condition(): Condition | undefined {
    return this.filter?.condition;
  }

  /** Most records in all, over all pages, if the filter says so. */
  get totalLimit(): number | undefined {
    return this.filter?.limit;
  }
}

/** What a {@link QueryRequest} of a test may differ in. */
export interface QueryInit {
  /** Fields wanted; all unless given. */
  fields?: readonly string[];
  /** A condition, or a filter with its text and limit. */
  filter?: Condition | Filter | undefined;
  /** Most records of the page; 1,000 unless given. */
  limit?: number;
  /** Token of the page before. */
  token?: string | null | undefined;
}

/** Records to fetch by identifier. */
export class RetrieveRequest extends FieldsRequest {
  /** Field the values belong to; `undefined` for the entity's key field. */
  readonly idField: string | undefined;
  /** Values to look for. */
  readonly ids: readonly string[];

  /** @param init What differs from a request for all fields by the key field; for tests. */
  constructor(entity: string, ids: readonly string[], init: { fields?: readonly string[]; idField?: string | undefined } = {}) {
    super(entity, init.fields ?? []);
    this.ids = ids;
    this.idField = init.idField;
  }
}

/** Records to write. */
export class WriteRequest {
  /** Identifier of the entity. */
  readonly entity: string;
  /** What to do. */
  readonly operation: Operation;
  /** Fields that identify a record; empty for an insert. */
  readonly idFields: readonly string[];
  /** Records as JSON objects, as texts: numbers keep all their digits. See {@link values}. */
  readonly records: readonly string[];
  /** Write all records or none; where the application cannot, stop at the first failure. */
  readonly allOrNone: boolean;

  /** @param records Objects, or texts of JSON objects. For tests. */
  constructor(
    entity: string, operation: Operation, records: readonly (object | string)[],
    init: { idFields?: readonly string[]; allOrNone?: boolean } = {},
  ) {
    this.entity = entity;
    this.operation = operation;
    this.records = records.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
    this.idFields = init.idFields ?? [];
    this.allOrNone = init.allOrNone ?? false;
  }

  /** The records as objects. Whole numbers beyond 2^53 lose digits; their texts are in {@link records}. */
  values(): Record<string, unknown>[] {
    return this.records.map((one, index) => {
      try {
        return JSON.parse(one) as Record<string, unknown>;
      } catch {
        throw new InvalidArgument(`record ${index + 1} is not JSON`);
      }
    });
  }

  /** A place for the result of each record. */
  results(): WriteResults {
    return new WriteResults(this.records.length);
  }
}

/**
 * The result of each record.
 *
 * A connector answers with this collector and so cannot mix up or forget records: results are set by the place of the
 * record, in any order, the last one counts, and a record whose result was never set is reported as not written. A result
 * without a record, as of an application that answers with too many, is dropped: an error here would lose the results of
 * records that were written.
 */
export class WriteResults {
  readonly #results: (WriteResult | undefined)[];

  /** @param records How many there are. */
  constructor(records: number) {
    this.#results = new Array<WriteResult | undefined>(records).fill(undefined);
  }

  /** The record at this place, from 0, was written and has this identifier in the application. */
  written(index: number, recordId: string | number = ''): void {
    this.#set(index, { recordId: String(recordId) });
  }

  /** The record at this place, from 0, was not written. The identifier is the one it came with, empty if unknown. */
  failed(index: number, why: string, recordId: string | number = ''): void {
    this.#set(index, { recordId: String(recordId), error: String(why) });
  }

  #set(index: number, result: WriteResult): void {
    if (Number.isInteger(index) && index >= 0 && index < this.#results.length) {
      this.#results[index] = result;
    }
  }

  /** Sets the result of all records that have none yet: with `allOrNone`, say that they were rolled back or not tried. */
  failRest(why: string): void {
    this.#results.forEach((result, index) => result ?? this.failed(index, why));
  }

  /** Whether the record at this place has a result. */
  isSet(index: number): boolean {
    return this.#results[index] !== undefined;
  }

  /** Whether each record was written. */
  get allWritten(): boolean {
    return this.#results.every((result) => result !== undefined && result.error === undefined);
  }

  /** One result for each record in order. */
  toArray(): WriteResult[] {
    return this.#results.map((result) => result ?? { recordId: '', error: 'the record was not written' });
  }
}

const writeResults = list(record<{ recordId: string; error: string | undefined }>({
  recordId: or(text, () => ''),
  error: optional(text),
}));

/** What `write` answers: the collector, or an array with one result for each record. */
export function writeAnswer(records: number): Shape<WriteResult[]> {
  return (value, path) => {
    const results = writeResults(value instanceof WriteResults ? value.toArray() : value, path);
    return results.length === records
      ? (results as WriteResult[])
      : refuse(path, `has ${results.length} results for ${records} records`);
  };
}

/** The request of the contract; options come as `undefined` from one engine and `null` from the other. */
export function listRequest(request: ContractList): ListRequest {
  return { path: request.path ?? undefined, limit: request.limit, token: request.token || undefined };
}

/**
 * The request of the contract.
 *
 * @throws {InvalidArgument} if the nodes of the filter are no tree.
 */
export function queryRequest(request: ContractQuery): QueryRequest {
  const { entity, fields, limit, token } = request;
  return new QueryRequest(entity, { fields, limit, token, filter: fromContract(request.filter) });
}

/** The request of the contract. */
export function retrieveRequest(request: ContractRetrieve): RetrieveRequest {
  return new RetrieveRequest(request.entity, request.ids, { fields: request.fields, idField: request.idField ?? undefined });
}

/** The request of the contract. */
export function writeRequest(request: ContractWrite): WriteRequest {
  return new WriteRequest(request.entity, request.operation, request.records, request);
}
