/**
 * The filter of a query as a tree.
 *
 * The contract hands it over as a flat list of nodes; the tree is made from it before the connector is called, and a list
 * that is no tree is refused. So a condition is always well-formed: groups and lists are never empty.
 */
import type { Comparator, Filter as ContractFilter, FilterNode, Literal as ContractLiteral } from 'appflow:connector/source@0.1.0';

import { InvalidArgument } from './errors.js';

export type { Comparator };

/** A value in a condition. */
export type Literal =
  /** Text without its quotes, escapes resolved. */
  | { readonly type: 'text'; readonly value: string }
  /** A number as written, such as `-12.50`. */
  | { readonly type: 'number'; readonly value: string }
  /** A calendar day, `YYYY-MM-DD`. */
  | { readonly type: 'date'; readonly value: string }
  /** A point in time, `YYYY-MM-DDThh:mm:ss[.fff]Z`. */
  | { readonly type: 'date-time'; readonly value: string }
  /** True or false. */
  | { readonly type: 'boolean'; readonly value: boolean }
  /** No value. */
  | { readonly type: 'null'; readonly value: null };

/** A condition on a record. */
export type Condition =
  /** All of these, at least one. */
  | { readonly op: 'all'; readonly of: readonly Condition[] }
  /** At least one of these, which are at least one. */
  | { readonly op: 'any'; readonly of: readonly Condition[] }
  /** Not this. */
  | { readonly op: 'not'; readonly of: Condition }
  /** A field against a value. */
  | { readonly op: 'compare'; readonly field: string; readonly comparator: Comparator; readonly value: Literal }
  /** A field between two values, both included. */
  | { readonly op: 'between'; readonly field: string; readonly low: Literal; readonly high: Literal }
  /** A field with one of some values, which are at least one. */
  | { readonly op: 'one-of'; readonly field: string; readonly values: readonly Literal[] }
  /** A condition newer than this SDK, as text. Refuse it by {@link Unsupported}. */
  | { readonly op: 'other'; readonly text: string };

/** What records to read. */
export interface Filter {
  /** Text as AppFlow sent it. */
  readonly text: string;
  /** The condition; `undefined` for all records. */
  readonly condition: Condition | undefined;
  /** Most records in all, over all pages; `undefined` for no such limit. */
  readonly limit: number | undefined;
}

/** Deepest condition accepted, so that walking it by recursion is safe. */
export const MAX_DEPTH = 128;

/** The kinds of values that conditions are made of, for tests and for conditions of one's own. */
export const literal = {
  /** A text. */
  text: (value: string): Literal => ({ type: 'text', value }),
  /** A number, as written or as JavaScript writes it. */
  number: (value: string | number | bigint): Literal => ({ type: 'number', value: String(value) }),
  /** A calendar day, `YYYY-MM-DD`. */
  date: (value: string): Literal => ({ type: 'date', value }),
  /** A point in time, `YYYY-MM-DDThh:mm:ss[.fff]Z`. */
  dateTime: (value: string): Literal => ({ type: 'date-time', value }),
  /** True or false. */
  boolean: (value: boolean): Literal => ({ type: 'boolean', value }),
  /** No value. */
  none: { type: 'null', value: null } as Literal,
} as const;

/** Conditions, for tests and for those of one's own. */
export const condition = {
  /** A field against a value. */
  compare: (field: string, comparator: Comparator, value: Literal): Condition => ({ op: 'compare', field, comparator, value }),
  /** A field that equals a value. */
  equal: (field: string, value: Literal): Condition => ({ op: 'compare', field, comparator: 'equal', value }),
  /** A field between two values, both included. */
  between: (field: string, low: Literal, high: Literal): Condition => ({ op: 'between', field, low, high }),
  /** A field with one of some values. */
  oneOf: (field: string, first: Literal, ...others: Literal[]): Condition => ({ op: 'one-of', field, values: [first, ...others] }),
  /** All of these. */
  all: (first: Condition, ...others: Condition[]): Condition => ({ op: 'all', of: [first, ...others] }),
  /** At least one of these. */
  any: (first: Condition, ...others: Condition[]): Condition => ({ op: 'any', of: [first, ...others] }),
  /** Not this. */
  not: (inner: Condition): Condition => ({ op: 'not', of: inner }),
} as const;

/** Calls a function for a condition and all inside it, parents first. */
export function visit(root: Condition, visitor: (condition: Condition) => void): void {
  visitor(root);
  if (root.op === 'all' || root.op === 'any') {
    root.of.forEach((part) => visit(part, visitor));
  } else if (root.op === 'not') {
    visit(root.of, visitor);
  }
}

/** Names of the fields a condition looks at, sorted, each once. */
export function fieldsOf(root: Condition): string[] {
  const names = new Set<string>();
  visit(root, (one) => {
    if ('field' in one) {
      names.add(one.field);
    }
  });
  return [...names].sort();
}

/** The conditions that must all hold: the parts of nested `all`, or the condition alone. */
export function conjuncts(root: Condition): Condition[] {
  return root.op === 'all' ? root.of.flatMap(conjuncts) : [root];
}

/** A condition in two parts. */
export interface Split {
  /** What the application filters by; `undefined` if that is nothing. */
  pushed: Condition | undefined;
  /** What the connector must check record by record, with {@link evaluate}; `undefined` if that is nothing. */
  rest: Condition | undefined;
}

/**
 * Splits off what the application can filter itself: the conjuncts that `can` accepts, and the rest.
 */
export function split(root: Condition | undefined, can: (condition: Condition) => boolean): Split {
  const parts = root === undefined ? [] : conjuncts(root);
  const pushed: Condition[] = [];
  const rest: Condition[] = [];
  for (const part of parts) {
    (can(part) ? pushed : rest).push(part);
  }
  return { pushed: join(pushed), rest: join(rest) };
}

function join(parts: Condition[]): Condition | undefined {
  return parts.length > 1 ? { op: 'all', of: parts } : parts[0];
}

/**
 * The filter of the contract as a tree.
 *
 * @throws {InvalidArgument} if its nodes are no tree.
 */
export function fromContract(filter: ContractFilter | null | undefined): Filter | undefined {
  if (filter == null) {
    return undefined;
  }
  return { text: filter.text, condition: tree(filter.nodes), limit: filter.limit ?? undefined };
}

/**
 * Builds the tree from its leaves: children come after their parent, so walking the list backwards meets them first. Each
 * is taken out of its place when its parent is met, which rules out circles, and children of two parents, by which a short
 * list would describe an exponentially large tree.
 */
function tree(nodes: readonly FilterNode[]): Condition | undefined {
  const places: ({ condition: Condition; depth: number } | undefined)[] = new Array(nodes.length);
  let loose = 0;
  for (let index = nodes.length - 1; index >= 0; index -= 1) {
    const node = nodes[index] as FilterNode;
    let depth = 0;
    const take = (child: number): Condition => {
      const subtree = child > index ? places[child] : undefined;
      if (subtree === undefined) {
        throw malformed('a node is missing, comes before its parent or has two');
      }
      places[child] = undefined;
      loose -= 1;
      depth = Math.max(depth, subtree.depth);
      return subtree.condition;
    };
    const made = one(node, take);
    depth += 1;
    if (depth > MAX_DEPTH) {
      throw malformed('it is nested too deeply');
    }
    places[index] = { condition: made, depth };
    loose += 1;
  }
  // A node that nobody refers to would be a condition lost, and too many records read.
  if (loose > 1) {
    throw malformed('a node has no parent');
  }
  return places[0]?.condition;
}

function one(node: FilterNode, take: (child: number) => Condition): Condition {
  switch (node.tag) {
    case 'all-of': return { op: 'all', of: notEmpty(node.val).map(take) };
    case 'any-of': return { op: 'any', of: notEmpty(node.val).map(take) };
    case 'negate': return { op: 'not', of: take(node.val) };
    case 'compare': {
      const { field, operator, value } = node.val;
      return { op: 'compare', field, comparator: operator, value: value_(value) };
    }
    case 'between': {
      const { field, low, high } = node.val;
      return { op: 'between', field, low: value_(low), high: value_(high) };
    }
    case 'one-of': return { op: 'one-of', field: node.val.field, values: notEmpty(node.val.values).map(value_) };
    case 'other': return { op: 'other', text: node.val };
    default: throw malformed('a node is of a kind that this SDK does not know');
  }
}

function value_(value: ContractLiteral): Literal {
  return value.tag === 'null' ? literal.none : ({ type: value.tag, value: value.val } as Literal);
}

/** A list of the contract as an array; numbers come as a `Uint32Array` in one engine. */
function notEmpty<T>(items: ArrayLike<T>): T[] {
  if (items.length === 0) {
    throw malformed('a group or list is empty');
  }
  return Array.from(items);
}

function malformed(what: string): InvalidArgument {
  return new InvalidArgument(`the filter is malformed: ${what}`);
}
