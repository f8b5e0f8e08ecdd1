// Derives from GitHub's description of its API what the connector knows of entities and fields.
//
//   node scripts/derive.mjs DESCRIPTION            writes src/fields.ts
//   node scripts/derive.mjs DESCRIPTION --check    fails if src/fields.ts is not what it would write
//   node scripts/derive.mjs DESCRIPTION --cut FILE writes the description of the used paths alone, for a server that is quick to start
//
// DESCRIPTION is generated/api.github.com.json of the npm package @octokit/openapi, pinned in tests/github, which
// `cargo xtask setup --language js --test` fetches by scripts/fetch.mjs. It is not needed to build the connector: the table is small, and committed.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The operations of each entity. `lists` are the ways to list it: fields must be in all of them. */
const ENTITIES = {
  repositories: { lists: ['/user/repos', '/orgs/{org}/repos', '/users/{username}/repos'], one: '/repos/{owner}/{repo}' },
  issues: {
    lists: ['/repos/{owner}/{repo}/issues'],
    one: '/repos/{owner}/{repo}/issues/{issue_number}',
    create: '/repos/{owner}/{repo}/issues',
    update: '/repos/{owner}/{repo}/issues/{issue_number}',
  },
  comments: {
    lists: ['/repos/{owner}/{repo}/issues/comments'],
    one: '/repos/{owner}/{repo}/issues/comments/{comment_id}',
    create: '/repos/{owner}/{repo}/issues/{issue_number}/comments',
    update: '/repos/{owner}/{repo}/issues/comments/{comment_id}',
    remove: '/repos/{owner}/{repo}/issues/comments/{comment_id}',
  },
};

/** Paths of the cut description beside those above. */
const OTHERS = [['get', '/rate_limit'], ['get', '/users/{username}']];

/** Addresses worth a field; the others are made of the API's own address and what is in other fields. */
const ADDRESSES = new Set([
  'url', 'html_url', 'clone_url', 'git_url', 'ssh_url', 'svn_url', 'mirror_url', 'issue_url', 'repository_url', 'parent_issue_url',
]);

/** What is described and never comes, since it needs another media type or another list, and a token. */
const LEFT_OUT = new Set(['body_html', 'body_text', 'repository', 'starred_at', 'temp_clone_token']);

/** Fields that the request takes and that are going away, or that it takes in another form than the answer has. */
const NOT_WRITTEN = new Set(['assignee', 'issue_field_values']);

const [path, option, target] = process.argv.slice(2);
if (path === undefined) {
  throw new Error('usage: derive.mjs DESCRIPTION [--check | --cut FILE]');
}
const description = JSON.parse(readFileSync(path, 'utf8'));

if (option === '--cut') {
  writeFileSync(target, JSON.stringify(cut()));
} else {
  const own = fileURLToPath(new URL('../src/fields.ts', import.meta.url));
  const text = table();
  if (option !== '--check') {
    writeFileSync(own, text);
  } else if (readFileSync(own, 'utf8') !== text) {
    throw new Error('src/fields.ts is not what the description says; make it anew by: node plugins/github/scripts/derive.mjs DESCRIPTION');
  }
}

/** A value of the description, behind its reference. */
function resolved(value) {
  if (value?.$ref === undefined) {
    return value;
  }
  return resolved(value.$ref.slice(2).split('/').reduce((at, step) => at[step.replaceAll('~1', '/').replaceAll('~0', '~')], description));
}

function operation(method, path) {
  const found = description.paths[path]?.[method];
  if (found === undefined) {
    throw new Error(`the description has no ${method} ${path}`);
  }
  return found;
}

function parameters(method, path) {
  return operation(method, path).parameters.map(resolved);
}

function bodyOf(method, path) {
  return path === undefined ? {} : resolved(operation(method, path).requestBody.content['application/json'].schema);
}

/** AppFlow's type, and GitHub's name of it. */
function typeOf(schema) {
  const name = schema.$ref?.split('/').pop().replace(/^nullable-/, '');
  const plain = resolved(schema);
  const types = { integer: 'long', number: 'double', boolean: 'boolean', array: 'array', object: 'object' };
  if (plain.type === 'string') {
    const byFormat = { 'date-time': 'date-time', date: 'date' };
    return { dataType: byFormat[plain.format] ?? 'text', typeLabel: name ?? plain.format ?? 'string' };
  }
  const alternatives = plain.oneOf ?? plain.anyOf;
  if (plain.type === undefined && alternatives !== undefined) {
    const kinds = alternatives.map(resolved).filter((one) => one.type !== 'null');
    return kinds.every((one) => one.type === 'object') ? { dataType: 'object', typeLabel: name ?? 'object' } : typeOf(kinds[0]);
  }
  return { dataType: types[plain.type] ?? 'object', typeLabel: name ?? plain.type ?? 'object' };
}

/** The schema of a record of each list. */
function listed(entity) {
  return entity.lists.map((list) => resolved(resolved(operation('get', list).responses[200]).content['application/json'].schema.items));
}

function fields(entity) {
  const schemas = listed(entity);
  const [first] = schemas;
  const created = bodyOf('post', entity.create);
  const updated = bodyOf('patch', entity.update);
  const writes = (name) => !NOT_WRITTEN.has(name) && {
    creatable: created.properties?.[name] !== undefined,
    updatable: updated.properties?.[name] !== undefined,
  };
  const found = [];
  const add = (name, schema, nullable) => {
    const { creatable, updatable } = writes(name) || {};
    found.push({
      name, ...typeOf(schema), nullable, deprecated: resolved(schema).deprecated === true || undefined,
      creatable: creatable || undefined, updatable: updatable || undefined,
      needed: created.required?.includes(name) || undefined,
    });
  };
  for (const [name, schema] of Object.entries(first.properties)) {
    const everywhere = schemas.every((one) => one.properties[name] !== undefined);
    if (!everywhere || LEFT_OUT.has(name) || (name.endsWith('_url') && !ADDRESSES.has(name))) {
      continue;
    }
    const mayLack = schemas.some((one) => !one.required.includes(name) || resolved(one.properties[name]).nullable === true);
    add(name, schema, mayLack);
    // What AppFlow maps is fields, not what is inside of objects.
    const inner = resolved(schema).type === 'object' ? resolved(schema).properties : undefined;
    if (inner?.login !== undefined && inner.login.type === 'string') {
      found.push({ name: `${name}.login`, dataType: 'text', typeLabel: 'string', nullable: mayLack });
    }
  }
  // What the path of a new record needs beside the repository, such as the issue of a comment.
  const own = entity.create === undefined ? [] : parameters('post', entity.create).filter((one) => one.in === 'path' && !['owner', 'repo'].includes(one.name));
  for (const { name, schema } of own) {
    found.push({ name, ...typeOf(schema), nullable: false, creatable: true, needed: true });
  }
  return found;
}

function table() {
  const lines = [
    '// Made by scripts/derive.mjs from GitHub\'s description of its API; not to be changed by hand.',
    '',
    '/** A field as the description has it. */',
    'export interface Derived {',
    '  name: string;',
    "  dataType: 'text' | 'long' | 'double' | 'boolean' | 'date' | 'date-time' | 'object' | 'array';",
    "  /** GitHub's name of the type. */",
    '  typeLabel: string;',
    '  nullable: boolean;',
    '  deprecated?: true;',
    '  /** Taken for a new record. */',
    '  creatable?: true;',
    '  /** Taken for a change. */',
    '  updatable?: true;',
    '  /** A new record must have it. */',
    '  needed?: true;',
    '}',
    '',
    '/** Version of the API that was described. */',
    `export const DESCRIBED = ${quoted(description.info.version)};`,
    '',
    '/** Names of the entities. */',
    `export type EntityName = ${Object.keys(ENTITIES).map(quoted).join(' | ')};`,
    '',
    '/** What the description says of each entity: parameters that all of its lists take, and fields. */',
    'export const DERIVED: Readonly<Record<EntityName, { parameters: readonly string[]; fields: readonly Derived[] }>> = {',
  ];
  for (const [name, entity] of Object.entries(ENTITIES)) {
    const lists = entity.lists.map((list) => parameters('get', list).filter((one) => one.in === 'query').map((one) => one.name));
    const common = lists[0].filter((one) => lists.every((list) => list.includes(one)));
    lines.push(`  ${name}: {`, `    parameters: [${common.map(quoted).join(', ')}],`, '    fields: [');
    for (const field of fields(entity)) {
      const parts = Object.entries(field).filter(([, value]) => value !== undefined)
        .map(([key, value]) => `${key}: ${typeof value === 'string' ? quoted(value) : value}`);
      lines.push(`      { ${parts.join(', ')} },`);
    }
    lines.push('    ],', '  },');
  }
  return [...lines, '};', ''].join('\n');
}

function quoted(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** The description of the used operations, and of what they refer to. */
function cut() {
  const used = [...OTHERS];
  for (const { lists, one, create, update, remove } of Object.values(ENTITIES)) {
    used.push(...lists.map((list) => ['get', list]), ['get', one]);
    used.push(...Object.entries({ post: create, patch: update, delete: remove }).filter(([, path]) => path !== undefined));
  }
  const paths = {};
  for (const [method, path] of used) {
    paths[path] = { ...paths[path], [method]: operation(method, path) };
  }
  const components = {};
  const waiting = [paths];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null) {
      continue;
    }
    if (typeof value.$ref === 'string') {
      const [, , kind, name] = value.$ref.split('/');
      components[kind] ??= {};
      if (components[kind][name] === undefined) {
        components[kind][name] = description.components[kind][name];
        waiting.push(components[kind][name]);
      }
    }
    waiting.push(...Object.values(value));
  }
  const { openapi, info, servers } = description;
  return { openapi, info, servers, paths: served(paths), components: served(components) };
}

/**
 * A part of the description as the server takes it to heart. It leaves a body unchecked where a schema says `nullable` and no `type`,
 * which is said of alternatives; and an example that is a reference to one is taken for its value, with the wrapping.
 */
function served(value) {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(served);
  }
  const { nullable, ...rest } = value;
  const whole = nullable === true && value.type === undefined ? rest : value;
  const made = Object.fromEntries(Object.entries(whole).map(([name, own]) => [name, served(own)]));
  for (const way of ['oneOf', 'anyOf']) {
    const [first, ...others] = whole === rest ? made[way] ?? [] : [];
    if (first?.type !== undefined) {
      made[way] = [{ ...first, nullable: true }, ...others];
    }
  }
  for (const [name, example] of Object.entries(made.examples ?? {})) {
    if (example?.value?.$ref !== undefined) {
      made.examples[name] = example.value;
    }
  }
  return made;
}
