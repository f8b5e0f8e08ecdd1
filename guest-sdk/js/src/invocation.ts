/** The request being served: what few connectors need, on demand. */
import { host } from '#host';

import { asked } from './host/call.js';
import type { StoredDefinition } from './schema.js';

/** Names for logs and caches. */
export interface Details {
  /** Identifier of this request. */
  readonly requestId: string;
  /** Name of the flow. */
  readonly flowName: string | undefined;
  /** Identifier of the flow's run. */
  readonly executionId: string | undefined;
  /** Label of the connection. */
  readonly profileLabel: string | undefined;
}

/** Names for logs and caches. */
export function current(): Details {
  const details = asked(() => host.current());
  return {
    requestId: details.requestId,
    flowName: details.flowName ?? undefined,
    executionId: details.executionId ?? undefined,
    profileLabel: details.profileLabel ?? undefined,
  };
}

/** The entity as the connector last described it, if AppFlow sent it along. */
export function entity(): StoredDefinition | undefined {
  return asked(() => host.entity()) ?? undefined;
}

/** The same as the JSON text AppFlow sent, with whatever the contract has no place for. */
export function entityJson(): string | undefined {
  return asked(() => host.entityJson()) ?? undefined;
}

/** Milliseconds left to answer, 0 if none. */
export function millisLeft(): number {
  return asked(() => host.millisLeft());
}
