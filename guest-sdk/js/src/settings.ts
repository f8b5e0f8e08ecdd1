/** Settings and the context of an operation. */
import { InvalidArgument } from './errors.js';

/**
 * What the user filled in: the settings of the connection, and in data operations those of this side of the flow.
 *
 * An empty text counts as absent, since AppFlow sends one for a setting left blank.
 */
export class Settings implements Iterable<[string, string]> {
  readonly #values: ReadonlyMap<string, string>;

  /** @param values Settings by key; where one comes twice the last one counts. */
  constructor(values: Readonly<Record<string, string>> | Iterable<readonly [string, string]> = {}) {
    this.#values = new Map(Symbol.iterator in values ? values : Object.entries(values));
  }

  /** The value of a setting; `undefined` if it is absent or empty. */
  get(key: string): string | undefined {
    return this.#values.get(key) || undefined;
  }

  /**
   * The value of a setting that must be there.
   *
   * @throws {InvalidArgument} naming the setting, if it is absent or empty.
   */
  require(key: string): string {
    const value = this.get(key);
    if (value === undefined) {
      throw new InvalidArgument(`the setting '${key}' is missing`);
    }
    return value;
  }

  /**
   * A yes-or-no setting; `false` if it is absent.
   *
   * @throws {InvalidArgument} unless the value is `true` or `false` in any letter case.
   */
  flag(key: string): boolean {
    const value = this.get(key)?.toLowerCase();
    if (value !== undefined && value !== 'true' && value !== 'false') {
      throw new InvalidArgument(`the setting '${key}' must be true or false`);
    }
    return value === 'true';
  }

  /**
   * A whole number, if it was given.
   *
   * @throws {InvalidArgument} if the value is not a whole number that JavaScript counts exactly.
   */
  integer(key: string): number | undefined {
    const value = this.get(key)?.trim();
    if (value === undefined) {
      return undefined;
    }
    const number = Number(value);
    if (!/^[+-]?\d+$/.test(value) || !Number.isSafeInteger(number)) {
      throw new InvalidArgument(`the setting '${key}' must be a whole number`);
    }
    return number;
  }

  /** All of them in the order they came. */
  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#values.entries();
  }
}

/** What every metadata and data operation is told. */
export interface Context {
  /** One of the connector's declared API versions, as the user picked it. */
  readonly apiVersion: string;
  /** Settings of the connection and of this side of the flow. */
  readonly settings: Settings;
}
