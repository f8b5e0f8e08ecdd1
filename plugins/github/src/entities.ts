/** What can be read from GitHub and written to it: the derived table, and what no description says. */
import { field, InvalidArgument, type EntityDefinition, type Field } from '@appflow-wasm/connector';

import { DERIVED, type Derived, type EntityName } from './fields.js';

/** An entity. */
export interface Kind {
  name: EntityName;
  label: string;
  /** The field by which a record is found and changed; `full_name` of repositories is the one that GitHub takes. */
  key: string;
  /** What to do with records, beside reading them. */
  writes: readonly ('insert' | 'update' | 'delete')[];
  /** Names of its fields. */
  names: readonly string[];
}

function kind(name: EntityName, label: string, key: string, writes: Kind['writes'] = []): Kind {
  return { name, label, key, writes, names: DERIVED[name].fields.map((one) => one.name) };
}

/** All entities, in the order they are listed. */
export const KINDS: readonly Kind[] = [
  kind('repositories', 'Repositories', 'full_name'),
  kind('issues', 'Issues and pull requests', 'number', ['insert', 'update']),
  kind('comments', 'Comments on issues', 'id', ['insert', 'update', 'delete']),
];

/** The entity of a name. */
export function kindOf(name: string): Kind {
  const found = KINDS.find((one) => one.name === name);
  if (found === undefined) {
    throw new InvalidArgument(`there is no entity '${name.slice(0, 128)}'; there are ${KINDS.map((one) => one.name).join(', ')}`);
  }
  return found;
}

/** The derived description of a field. */
export function derivedOf(own: Kind, name: string): Derived | undefined {
  return DERIVED[own.name].fields.find((one) => one.name === name);
}

/** Refuses a field that the entity does not have, before it would be ignored. */
export function refuseUnknown(own: Kind, names: Iterable<string>): void {
  for (const name of names) {
    if (!own.names.includes(name)) {
      throw new InvalidArgument(`${own.name} have no field '${name.slice(0, 128)}'`);
    }
  }
}

/** Refuses conditions on objects and lists, which nothing could meet. */
export function refuseNested(own: Kind, names: Iterable<string>): void {
  for (const name of names) {
    const nested = derivedOf(own, name)?.dataType;
    if (nested === 'array' || nested === 'object') {
      const inner = own.names.filter((other) => other.startsWith(`${name}.`));
      const instead = inner.length > 0 ? `; compare ${inner.map((one) => `'${one}'`).join(', ')}` : '';
      throw new InvalidArgument(`the field '${name}' of ${own.name} is ${nested === 'array' ? 'a list' : 'an object'} and cannot be compared${instead}`);
    }
  }
}

/** Where a field is in GitHub's record; `undefined` for one that must be made. */
export function pathOf(name: string): string | undefined {
  return name === 'issue_number' ? undefined : `/${name.replaceAll('.', '/')}`;
}

/** GitHub's record with the fields that are made of others. */
export function completed(record: Record<string, unknown>): Record<string, unknown> {
  const whole = { ...record };
  for (const [name, value] of Object.entries(record)) {
    const login = typeof value === 'object' && value !== null ? (value as { login?: unknown }).login : undefined;
    if (typeof login === 'string') {
      whole[`${name}.login`] = login;
    }
  }
  const [, number] = typeof record.issue_url === 'string' ? /\/(\d{1,15})$/.exec(record.issue_url) ?? [] : [];
  if (number !== undefined) {
    whole.issue_number = Number(number);
  }
  return whole;
}

/** The definition of an entity. */
export function definitionOf(own: Kind): EntityDefinition {
  return {
    entity: { id: own.name, label: own.label, writable: own.writes.length > 0 },
    fields: DERIVED[own.name].fields.map((one) => fieldOf(own, one)),
    cacheSeconds: 86_400,
  };
}

const MAKERS = {
  text: field.text, long: field.long, double: field.double, boolean: field.boolean, date: field.date, 'date-time': field.dateTime,
  object: field.object, array: field.array,
} as const;

function fieldOf(own: Kind, one: Derived): Field {
  const isKey = one.name === own.key;
  const { creatable = false, updatable = false, needed = false } = one;
  return MAKERS[one.dataType](one.name, {
    typeLabel: one.typeLabel,
    primaryKey: isKey,
    deprecated: one.deprecated ?? false,
    read: { nullable: one.nullable, ...(one.name === 'updated_at' ? { incremental: true } : {}) },
    write: { creatable, updatable, nullable: (creatable || updatable) && !needed },
    idFor: isKey ? own.writes.filter((write) => write !== 'insert') : [],
  });
}
