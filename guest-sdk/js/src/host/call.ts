/** Calls into the host, whose errors become the SDK's. */
import { known } from '../errors.js';
import type { HostResponse } from './imports.js';

/** Answers of the running call whose bodies the host still holds. */
const open = new Set<HostResponse>();

/** Makes a call; an error of the contract comes out as one of the classes in {@link errors}, anything else as it is. */
export function asked<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw known(thrown) ?? thrown;
  }
}

/** Remembers an answer, to let its body go at the end of the call. */
export function hold(response: HostResponse): HostResponse {
  open.add(response);
  return response;
}

/** Lets an answer's body go; doing so twice does nothing. */
export function release(response: HostResponse): void {
  if (open.delete(response)) {
    response[Symbol.dispose]();
  }
}

/** Lets all bodies go. StarlingMonkey never would before the call ends, and QuickJS when it collects garbage. */
export function releaseAll(): void {
  for (const response of open) {
    release(response);
  }
}
