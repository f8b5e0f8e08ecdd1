/** Entities and their fields, with defaults that are what most fields need. */
import type {
  Bounds, Constraints, DataType, Entity as ContractEntity, EntityDefinition as ContractDefinition, Field as ContractField,
  Operator, ReadProperties, WriteOperations, WriteProperties,
} from 'appflow:connector/common@0.1.0';

import { count, decimal, flag, flags, list, oneOf, optional, or, pairs, record, refuse, text, type Shape } from './check.js';
import { describeKind } from './text.js';

export type { DataType, Operator };
/** A definition as the host hands it back, with everything filled in. */
export type StoredDefinition = ContractDefinition;

/** Named texts: an object, a `Map`, or an array of pairs. */
export type Properties = Readonly<Record<string, string>> | ReadonlyMap<string, string> | readonly (readonly [string, string])[];

/** A thing with records, or a category of such things. */
export interface Entity {
  /** Stable identifier, without spaces, at most 128 characters: what AppFlow names in later requests. */
  id: string;
  /** Name for the user. */
  label?: string;
  /** Sentence for the user. */
  description?: string;
  /** Whether it is a category, and AppFlow lists again with its identifier as path; `false` unless given. */
  hasNested?: boolean;
  /** Whether AppFlow may write here; `false` unless given. */
  writable?: boolean;
  /** The connector's own remarks, handed back later. */
  properties?: Properties;
}

/** Limits of a field's values. */
export interface FieldConstraints {
  /** Shortest and longest text, in characters. */
  length?: { min: number | string; max: number | string };
  /** Smallest and largest value; a text, written as a JSON number, is exact at any length. */
  value?: { min: number | bigint | string; max: number | bigint | string };
  /** The only values allowed; any unless given. */
  allowedValues?: readonly string[];
  /** Regular expression. */
  pattern?: string;
  /** Format of dates. */
  dateFormat?: string;
}

/**
 * A field of an entity.
 *
 * It is retrievable, can be null unless it is a primary key, and can be named in filters unless its type or its name
 * forbids that: AppFlow has no filters for bytes, objects, mappings and arrays, nor for names other than a letter followed
 * by letters, digits, `_`, `.` and `-`. It cannot be written until `write` says so.
 */
export interface Field {
  /** Key in the record, without spaces, at most 128 characters. */
  name: string;
  /** AppFlow's type. */
  dataType: DataType;
  /** The application's name of the type. */
  typeLabel?: string;
  /** Name for the user. */
  label?: string;
  /** Sentence for the user. */
  description?: string;
  /** Whether it is a key field, which is never null; `false` unless given. */
  primaryKey?: boolean;
  /** Whether it should no longer be used; `false` unless given. */
  deprecated?: boolean;
  /** Value used when none is given. */
  defaultValue?: string;
  /** Limits of its values. */
  constraints?: FieldConstraints;
  /** Use when reading. An object changes single flags of what is usual, an array names all that are set. */
  read?: FlagsOf<ReadProperties>;
  /** Use when writing; `true` for insert, update and upsert. */
  write?: FlagsOf<WriteProperties> | boolean;
  /** Operations in which it may identify the record; none unless given. */
  idFor?: FlagsOf<WriteOperations>;
  /** Operators in filters; those usual for the type unless given, and none at all for an empty list. */
  filterOperators?: readonly Operator[];
  /** The connector's own remarks, handed back later. */
  properties?: Properties;
}

type FlagsOf<Flags> = readonly (keyof Flags & string)[] | Readonly<Flags>;

/** What can be said of a field beside its name and its type. */
export type FieldOptions = Omit<Field, 'name' | 'dataType'>;

/** An entity with its fields. */
export interface EntityDefinition {
  /** The entity; its identifier alone will do. */
  entity: Entity | string;
  /** Its fields. */
  fields: readonly Field[];
  /** The connector's own remarks, handed back later. */
  properties?: Properties;
  /** Seconds AppFlow may keep the answer, 600 or more. */
  cacheSeconds?: number;
}

/** Some of the entities. */
export interface EntityPage {
  /** Entities. */
  entities: readonly Entity[];
  /** Token of the next page; none at the end. */
  nextToken?: string | null | undefined;
  /** Seconds AppFlow may keep the answer, 600 or more. */
  cacheSeconds?: number;
}

const of = (dataType: DataType) => (name: string, options: FieldOptions = {}): Field => ({ name, dataType, ...options });

/**
 * Fields by their type, as in `field.text('id', { primaryKey: true })`.
 */
export const field = {
  /** A text. */
  text: of('text'),
  /** A 32-bit integer. */
  integer: of('integer'),
  /** A single-precision number. */
  float: of('float'),
  /** A double-precision number. */
  double: of('double'),
  /** A 64-bit integer. */
  long: of('long'),
  /** A 16-bit integer. */
  short: of('short'),
  /** An integer without bounds. */
  bigInteger: of('big-integer'),
  /** A decimal without bounds. */
  bigDecimal: of('big-decimal'),
  /** Bytes as Base64 text. */
  byteArray: of('byte-array'),
  /** True or false. */
  boolean: of('boolean'),
  /** A calendar day. */
  date: of('date'),
  /** A point in time. */
  dateTime: of('date-time'),
  /** A JSON object (AppFlow's Struct). */
  object: of('object'),
  /** A JSON object with free keys (AppFlow's Map). */
  mapping: of('mapping'),
  /** A JSON array (AppFlow's List). */
  array: of('array'),
} as const;

/** The same definition with no field that can be named in filters, for an application, or a connector, that does not filter. */
export function withoutFilters(definition: EntityDefinition): EntityDefinition {
  const fields = definition.fields.map((one) => ({
    ...one,
    filterOperators: [],
    read: Array.isArray(one.read)
      ? one.read.filter((name) => name !== 'queryable')
      : { ...(one.read as Readonly<ReadProperties> | undefined), queryable: false },
  }));
  return { ...definition, fields };
}

/** Operators, as they are declared; `other` is for what the host hands back, and refused here. */
export const operators: Shape<Operator[]> = list((value, path) => {
  const known = operator(value, path);
  return known === 'other' ? refuse(path, "must not be 'other'") : known;
});

const operator = oneOf<Operator>({
  projection: true, 'less-than': true, 'greater-than': true, between: true, 'less-than-or-equal-to': true,
  'greater-than-or-equal-to': true, 'equal-to': true, contains: true, 'not-equal-to': true, addition: true,
  subtraction: true, multiplication: true, division: true, 'mask-all': true, 'mask-first-n': true, 'mask-last-n': true,
  'validate-non-null': true, 'validate-non-zero': true, 'validate-non-negative': true, 'validate-numeric': true,
  'no-op': true, other: true,
});

const dataType = oneOf<DataType>({
  text: true, integer: true, float: true, double: true, long: true, short: true, 'big-integer': true,
  'big-decimal': true, 'byte-array': true, boolean: true, date: true, 'date-time': true, object: true, mapping: true,
  array: true, other: true,
});

/** Ways to write; `false` or left out is not offered. */
export const writeOperations = flags<WriteOperations>({ insert: false, update: false, upsert: false, delete: false });

const writeProperties = flags<WriteProperties>({
  creatable: false, updatable: false, nullable: false, upsertable: false, defaultedOnCreate: false,
});

const bounds = record<Bounds>({ min: decimal, max: decimal });

const constraints = record<Constraints>({
  length: optional(bounds),
  value: optional(bounds),
  allowedValues: or(list(text), () => []),
  pattern: optional(text),
  dateFormat: optional(text),
});

const fieldDetails = record<Omit<ContractField, 'read'> & { read: unknown }>({
  name: text,
  dataType,
  typeLabel: optional(text),
  label: optional(text),
  description: optional(text),
  primaryKey: or(flag, () => false),
  deprecated: or(flag, () => false),
  defaultValue: optional(text),
  constraints: optional(constraints),
  read: (value) => value,
  write: or((value, path) => (typeof value === 'boolean'
    ? { creatable: value, updatable: value, upsertable: value }
    : writeProperties(value, path)), () => ({})),
  idFor: or(writeOperations, () => ({})),
  filterOperators: optional(operators),
  properties: or(pairs, () => []),
});

/** Types that AppFlow has no filters for. */
const UNFILTERED: ReadonlySet<DataType> = new Set<DataType>(['byte-array', 'object', 'mapping', 'array']);

const contractField: Shape<ContractField> = (value, path) => {
  const details = fieldDetails(value, path);
  if (details.dataType === 'other') {
    return refuse(`${path}.dataType`, "must not be 'other'");
  }
  const read = flags<ReadProperties>({
    retrievable: true,
    nullable: !details.primaryKey,
    queryable: !UNFILTERED.has(details.dataType) && /^[A-Za-z][\w.-]*$/.test(details.name),
    incremental: false,
  });
  return { ...details, read: read(details.read ?? {}, `${path}.read`) };
};

const contractEntity = record<ContractEntity>({
  id: text,
  label: optional(text),
  description: optional(text),
  hasNested: or(flag, () => false),
  writable: or(flag, () => false),
  properties: or(pairs, () => []),
});

const definitionDetails = record<{ [Name in keyof EntityDefinition]-?: unknown }>({
  entity: (value, path) => contractEntity(typeof value === 'string' ? { id: value } : value, path),
  fields: list(contractField),
  properties: or(pairs, () => []),
  cacheSeconds: optional(count),
});

/** What `describeEntity` answers. */
export const entityDescription: Shape<{ definition: ContractDefinition; cacheSeconds?: number | undefined }> = (value, path) => {
  const { cacheSeconds, ...definition } = definitionDetails(value, path);
  return { definition: definition as ContractDefinition, cacheSeconds: cacheSeconds as number | undefined };
};

const entityPageDetails = record<{ entities: ContractEntity[]; nextToken: string | undefined; cacheSeconds: number | undefined }>({
  entities: list(contractEntity),
  nextToken: optional(text),
  cacheSeconds: optional(count),
});

/** What `listEntities` answers: a page, or all entities as an array. */
export const entityPage: typeof entityPageDetails = (value, path) => {
  if (value === undefined) {
    return refuse(path, `must be an array of entities or an object, not ${describeKind(value)}`);
  }
  return Array.isArray(value)
    ? { entities: list(contractEntity)(value, path), nextToken: undefined, cacheSeconds: undefined }
    : entityPageDetails(value, path);
};
