/** Requests to GitHub, and what its answers mean. */
import {
  http, HttpError, InvalidArgument, InvalidCredentials, log, RateLimitExceeded, ServerError, type Settings,
} from '@appflow-wasm/connector';

/** The API. */
export const API = 'https://api.github.com';

/** Versions of the API that a user may pick, newest first. */
export const API_VERSIONS = ['2022-11-28'] as const;

/** GitHub's own kind of JSON, and the one that its description names. */
const ACCEPT = 'application/vnd.github+json, application/json';

/** Seconds that GitHub asks for where it names none. */
const NO_TIME_NAMED = 60;

/** A repository by its owner's name and its own. */
export interface Repository {
  owner: string;
  name: string;
}

const NAME = /^[A-Za-z0-9][\w.-]*$|^[._][\w.-]*$/;

/** Whether a text may be the name of an owner or a repository. */
export function isName(text: string): boolean {
  return text.length <= 100 && NAME.test(text) && text !== '.' && text !== '..';
}

/** The repository of a text `owner/name`; `undefined` if it is none. */
export function repositoryOf(text: string): Repository | undefined {
  const [owner = '', name = '', ...more] = text.split('/');
  return more.length === 0 && isName(owner) && isName(name) ? { owner, name } : undefined;
}

/** The repository that the settings name. */
export function repositoryIn(settings: Settings): Repository {
  const text = settings.require('repository');
  const owner = settings.get('owner');
  const whole = text.includes('/') || owner === undefined ? text : `${owner}/${text}`;
  const found = repositoryOf(whole);
  if (found === undefined) {
    throw new InvalidArgument("the setting 'repository' must be a name, with the setting 'owner', or owner/name");
  }
  return found;
}

/** Requests of one operation, in one version of the API. */
export class GitHub {
  readonly #version: string;
  /** Whether the log says that lists are not whole. */
  #isTold = false;
  /** Where a write was led: the old address of the repository, and the one it has now. */
  #moved: { from: string; to: string } | undefined;

  constructor(version: string = API_VERSIONS[0]) {
    this.#version = version;
  }

  /** Sends a request; any status is an answer, see {@link checked}. */
  send(method: string, url: string, options: Pick<http.RequestOptions, 'query' | 'json'> = {}): http.Response {
    const moved = this.#moved;
    const now = moved !== undefined && url.startsWith(`${moved.from}/`) ? moved.to + url.slice(moved.from.length) : url;
    const answer = this.#once(method, now, options);
    // The host follows what reading is led to. A renamed repository leads a write on with 307, having done nothing.
    const target = answer.status === 307 || answer.status === 308 ? answer.header('location') : undefined;
    if (target === undefined) {
      return answer;
    }
    answer.dispose();
    const led = onGitHub(http.resolve(now, target));
    const [, from = '', rest = ''] = /^(https:\/\/[^/]+\/repos\/[^/]+\/[^/]+)(\/.*)$/.exec(now) ?? [];
    if (rest !== '' && led.endsWith(rest)) {
      // The records that follow need not be led there one by one.
      this.#moved = { from, to: led.slice(0, -rest.length) };
    }
    return this.#once(method, led, options);
  }

  #once(method: string, url: string, options: Pick<http.RequestOptions, 'query' | 'json'>): http.Response {
    const headers = { accept: ACCEPT, 'x-github-api-version': this.#version };
    const answer = http.request(method, url, { ...options, headers, credential: 'bearer' });
    if (!this.#isTold && answer.header('x-github-sso')?.startsWith('partial-results') === true) {
      this.#isTold = true;
      log.warn("something is left out: the token is not authorized for some organizations' single sign-on");
    }
    return answer;
  }
}

/** The repository of the settings, which may have got another name since. */
export class Home {
  readonly #github: GitHub;
  readonly #repository: Repository;
  #now: string | undefined;

  constructor(github: GitHub, repository: Repository) {
    this.#github = github;
    this.#repository = repository;
  }

  /** Whether a record with this address is one of the repository's. What has no address cannot be told from one. */
  holds(url: unknown): boolean {
    const [, found] = typeof url === 'string' ? /^https:\/\/[^/]+\/repos\/([^/]+\/[^/]+)\//.exec(url) ?? [] : [];
    if (found === undefined) {
      return true;
    }
    const { owner, name } = this.#repository;
    const is = (text: string): boolean => text.toLowerCase() === found.toLowerCase();
    if (is(`${owner}/${name}`)) {
      return true;
    }
    if (this.#now === undefined) {
      const answer = this.#github.send('GET', http.join(API, 'repos', owner, name));
      try {
        this.#now = checked(answer, `repository '${owner}/${name}'`).textAt('/full_name') ?? '';
      } finally {
        answer.dispose();
      }
    }
    return is(this.#now);
  }
}

/** An address that GitHub gave, if it leads to GitHub: the token goes nowhere else. */
export function onGitHub(url: string): string {
  if (!url.startsWith(`${API}/`)) {
    throw new ServerError('GitHub leads to an address that is not its own');
  }
  return url;
}

/**
 * The answer itself if it is a success; otherwise an error that says what to do. `what` is what a 404 is about.
 *
 * GitHub's own messages may quote records and are not passed on.
 */
export function checked(answer: http.Response, what: string): http.Response {
  if (answer.ok) {
    return answer;
  }
  const { status } = answer;
  const wait = waitOf(answer);
  if (wait !== undefined) {
    const limit = answer.header('x-ratelimit-remaining') === '0' ? 'rate limit' : 'secondary rate limit';
    throw new RateLimitExceeded(`GitHub's ${limit} is reached`, { retryAfterSeconds: wait });
  }
  switch (status) {
    case 401: throw new InvalidCredentials('GitHub does not accept the token; it is wrong, has expired or was revoked');
    case 403: throw new HttpError(status, forbidden(answer));
    case 301: throw new HttpError(status, `GitHub has moved ${what} elsewhere`);
    case 404: throw new HttpError(status, `GitHub has no ${what}, or the token may not see it`);
    case 410: throw new HttpError(status, `GitHub has ${what} no more, or issues are switched off there`);
    case 422: throw new HttpError(status, `GitHub does not take this: ${reasons(answer)}`);
    default:
      answer.ensureOk();
      return answer;
  }
}

/** Seconds to wait, where the answer is one about rates; its host knows the headers that tell. */
function waitOf(answer: http.Response): number | undefined {
  const { status } = answer;
  if (status !== 403 && status !== 429) {
    return undefined;
  }
  try {
    answer.ensureOk();
  } catch (error) {
    if (error instanceof HttpError && error.retryAfterSeconds !== undefined) {
      return error.retryAfterSeconds;
    }
  }
  // The secondary limit comes without a header at times, and says what it is in words alone.
  return status === 429 || /secondary rate limit|abuse detection/i.test(textAt(answer, '/message') ?? '') ? NO_TIME_NAMED : undefined;
}

function forbidden(answer: http.Response): string {
  if (answer.header('x-github-sso')?.startsWith('required') === true) {
    return "the token is not authorized for the organization's single sign-on";
  }
  const needed = answer.header('x-accepted-github-permissions');
  return needed !== undefined && /^[\w=;, ]{1,200}$/.test(needed)
    ? `GitHub does not allow this to the token; it needs ${needed}`
    : 'GitHub does not allow this to the token';
}

/** Names of what is wrong with a record, without its values. */
function reasons(answer: http.Response): string {
  const words: string[] = [];
  for (let index = 0; index < 5; index += 1) {
    const parts = ['resource', 'field', 'code'].map((name) => textAt(answer, `/errors/${index}/${name}`));
    const named = parts.filter((part) => part !== undefined && /^\w{1,64}$/.test(part));
    if (named.length > 0) {
      words.push(named.join(' '));
    }
  }
  return words.length > 0 ? words.join(', ') : 'status 422';
}

function textAt(answer: http.Response, pointer: string): string | undefined {
  try {
    return answer.textAt(pointer);
  } catch {
    // A page of a proxy, say: the status has to do.
    return undefined;
  }
}
