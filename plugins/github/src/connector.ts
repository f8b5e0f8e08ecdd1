/**
 * Reads from GitHub and writes to it.
 *
 * Lists are read in the order of creation, which a change does not touch, and by the `Link` header. What GitHub can filter by goes
 * into the request (`pushdown.ts`), the rest of a condition is checked here, which the log says. Entities and fields are those of
 * GitHub's own description of its API (`fields.ts`).
 */
import {
  condition, connector, fieldsOf, http, InvalidArgument, literal, log, Next, page, Paging, QueryRequest, token, Unsupported,
  type At, type Condition, type Configuration, type Context, type Destination, type Metadata, type PagingOptions, type SettingError,
  type Source,
} from '@appflow-wasm/connector';

import { API, API_VERSIONS, checked, GitHub, Home, isName, onGitHub, repositoryIn, repositoryOf } from './api.js';
import { completed, definitionOf, KINDS, kindOf, pathOf, refuseNested, refuseUnknown, type Kind } from './entities.js';
import { pushDown, type Pushed } from './pushdown.js';
import { identifierOf, write } from './write.js';

/** Largest page of GitHub's. */
const PAGE_SIZE = 100;

const configuration: Configuration = {
  describe: () => ({
    owner: 'Connectors in WebAssembly',
    name: 'GitHub',
    version: '0.1.0',
    apiVersions: API_VERSIONS,
    authentication: ['api-key'],
    writeOperations: ['insert', 'update', 'delete'],
    settings: [
      {
        key: 'owner', label: 'Owner',
        description: 'An organization, or a user, whose public repositories alone are listed; all that the token can see if empty',
      },
      {
        key: 'repository', label: 'Repository', scope: 'source-and-destination',
        description: 'The repository of issues and comments: its name, or owner/name',
      },
      {
        key: 'issues_only', label: 'Leave out pull requests', kind: 'boolean', scope: 'source',
        description: 'To GitHub a pull request is an issue as well; true leaves them out of issues',
      },
    ],
  }),
  validateSettings(scope, settings) {
    const errors: SettingError[] = [];
    const owner = settings.get('owner');
    if (owner !== undefined && !isName(owner)) {
      errors.push({ key: 'owner', message: 'the name of a user or an organization, such as octocat' });
    }
    const repository = settings.get('repository');
    if (repository !== undefined && !isName(repository) && repositoryOf(repository) === undefined) {
      errors.push({ key: 'repository', message: 'the name of a repository, or owner/name' });
    }
    return errors;
  },
  validateCredentials(settings) {
    const github = new GitHub();
    // Needs a token that is good for nothing else, and does not count against the rate.
    checked(github.send('GET', http.join(API, 'rate_limit')), 'rate limit');
    const owner = settings.get('owner');
    if (owner !== undefined) {
      checked(github.send('GET', http.join(API, 'users', owner)), `user or organization '${owner.slice(0, 100)}'`);
    }
  },
};

const metadata: Metadata = {
  listEntities: () => KINDS.map(({ name, label, writes }) => ({ id: name, label, writable: writes.length > 0 })),
  describeEntity: (context, entity) => definitionOf(kindOf(entity)),
};

const source: Source = {
  query(context, request) {
    const kind = kindOf(request.entity);
    const compared = request.condition === undefined ? [] : fieldsOf(request.condition);
    refuseUnknown(kind, [...request.fields, ...compared]);
    refuseNested(kind, compared);
    const pushed = pushDown(kind, request.condition);
    if (pushed.rest !== undefined) {
      log.info('a part of the filter is checked after the fetch', {
        entity: kind.name, checked: fieldsOf(pushed.rest).join(', '), 'asked for': Object.keys(pushed.params).join(', ') || 'nothing',
      });
    }
    const check = kind.name === 'issues' && context.settings.flag('issues_only')
      ? withoutPullRequests(pushed.rest)
      : pushed.rest;
    const names = request.fields.length === 0 ? kind.names : request.fields;
    const isMade = names.some((name) => pathOf(name) === undefined);
    const options: PagingOptions = check === undefined && !isMade
      // Nothing to check and nothing to make: the host picks the fields, and no record passes through here.
      ? { picks: request.picks(Object.fromEntries(kind.names.map((name) => [name, pathOf(name) ?? '']))), filtered: true }
      : { check, convert: (record) => only(completed(record), kind), filtered: true };
    return read(context, request, kind, pushed, options);
  },

  retrieve(context, request) {
    const kind = kindOf(request.entity);
    refuseUnknown(kind, request.fields);
    if (request.idField !== undefined && request.idField !== kind.key) {
      throw new Unsupported(`retrieving by '${request.idField.slice(0, 128)}'; ${kind.name} are found by '${kind.key}'`);
    }
    const github = new GitHub(context.apiVersion);
    const home = kind.name === 'repositories' ? undefined : new Home(github, repositoryIn(context.settings));
    for (const id of request.ids) {
      const url = addressOf(context, kind, id);
      if (url === undefined) {
        continue;
      }
      const answer = github.send('GET', url);
      try {
        // One that moved to another repository is not one of this repository any more.
        if (answer.status === 404 || answer.status === 410 || answer.status === 301) {
          continue;
        }
        const record = checked(answer, kind.name).json() as Record<string, unknown>;
        // The host has followed where GitHub leads: an issue that moved is now another one, in another repository.
        if (!isFoundBy(record, kind, id) || home?.holds(record.url) === false) {
          continue;
        }
        page.emitOrFail(request.only(only(completed(record), kind)));
      } finally {
        answer.dispose();
      }
    }
  },
};

const destination: Destination = {
  write(context, request) {
    const kind = kindOf(request.entity);
    if (kind.writes.length === 0) {
      throw new Unsupported(`writing ${kind.name}`);
    }
    return write(new GitHub(context.apiVersion), kind, request, repositoryIn(context.settings));
  },
};

/** The condition, and that a record is no pull request. */
function withoutPullRequests(rest: Condition | undefined): Condition {
  const own = condition.equal('pull_request', literal.none);
  return rest === undefined ? own : condition.all(rest, own);
}

/** The fields of an entity, of all that GitHub sends. */
function only(record: Record<string, unknown>, kind: Kind): Record<string, unknown> {
  return Object.fromEntries(kind.names.filter((name) => record[name] !== undefined).map((name) => [name, record[name]]));
}

/**
 * Reads one page of AppFlow's.
 *
 * A page of GitHub's that found no room to its end is fetched again by the next call. Its `ETag` goes along in the token, so
 * that a page which changed meanwhile is noticed. It cannot save the request: nothing of a page is kept that a 304 could stand for.
 */
function read(context: Context, request: QueryRequest, kind: Kind, pushed: Pushed, options: PagingOptions): string | undefined {
  const github = new GitHub(context.apiVersion);
  const [inner, cutAt] = request.token === undefined ? [] : opened(request.token);
  let etag: string | undefined;
  const fetch = (at: At): http.Response => {
    const isAgain = cutAt !== undefined && etag === undefined;
    const answer = at.cursor === undefined
      ? firstPage(github, context, kind, { ...pushed.params, sort: 'created', direction: 'asc', per_page: at.size })
      : checked(github.send('GET', onGitHub(at.cursor)), kind.name);
    etag = answer.header('etag') ?? '';
    if (isAgain && cutAt !== '' && cutAt !== etag) {
      log.warn('a page that was cut changed before it was read on; a record may be missing or come twice', { entity: kind.name });
    }
    return answer;
  };
  const paging = new Paging(new QueryRequest(request.entity, { ...request, filter: request.filter, token: inner }), { ...options, pageSize: PAGE_SIZE });
  const next = paging.follow(Next.linkHeader(), fetch);
  return next === undefined ? undefined : token.encode(next, paging.wasCut ? etag ?? '' : '');
}

/** The two parts of a token. */
function opened(text: string): string[] {
  const parts = token.decode(text);
  if (parts.length !== 2) {
    throw token.invalid();
  }
  return parts;
}

function firstPage(
  github: GitHub, context: Context, kind: Kind, query: Record<string, string | number>,
): http.Response {
  if (kind.name !== 'repositories') {
    const { owner, name } = repositoryIn(context.settings);
    const path = kind.name === 'issues' ? ['issues'] : ['issues', 'comments'];
    const url = http.join(API, 'repos', owner, name, ...path);
    // Without a state GitHub gives open issues alone.
    const whole = kind.name === 'issues' ? { state: 'all', ...query } : query;
    return checked(github.send('GET', url, { query: whole }), `repository '${owner}/${name}'`);
  }
  const owner = context.settings.get('owner');
  if (owner === undefined) {
    return checked(github.send('GET', http.join(API, 'user', 'repos'), { query }), kind.name);
  }
  if (!isName(owner)) {
    throw new InvalidArgument("the setting 'owner' must be the name of a user or an organization");
  }
  // Only the list of an organization has what is private in it, and only the other one knows users.
  const answer = github.send('GET', http.join(API, 'orgs', owner, 'repos'), { query });
  if (answer.status !== 404) {
    return checked(answer, kind.name);
  }
  answer.dispose();
  return checked(github.send('GET', http.join(API, 'users', owner, 'repos'), { query }), `user or organization '${owner}'`);
}

/** Whether a record is the one of this key. GitHub does not tell apart small letters and large ones in names. */
function isFoundBy(record: Record<string, unknown>, kind: Kind, id: string): boolean {
  const own = record[kind.key];
  return (typeof own === 'string' || typeof own === 'number') && String(own).toLowerCase() === id.toLowerCase();
}

/** The address of a record; `undefined` where no record has such an identifier. */
function addressOf(context: Context, kind: Kind, id: string): string | undefined {
  if (kind.name === 'repositories') {
    const found = repositoryOf(id);
    return found === undefined ? undefined : http.join(API, 'repos', found.owner, found.name);
  }
  const { owner, name } = repositoryIn(context.settings);
  const number = identifierOf(id);
  const path = kind.name === 'issues' ? ['issues'] : ['issues', 'comments'];
  return number === undefined ? undefined : http.join(API, 'repos', owner, name, ...path, number);
}

export default connector({ configuration, metadata, source, destination });
