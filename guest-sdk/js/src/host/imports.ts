/** What the SDK asks of the host. Two things answer: the contract's imports in a component, a fake one in tests. */
import type { EntityDefinition } from 'appflow:connector/common@0.1.0';
import type { Secret } from 'appflow:connector/credentials@0.1.0';
import type { Request, Response } from 'appflow:connector/http@0.1.0';
import type { Details } from 'appflow:connector/invocation@0.1.0';
import type { Level } from 'appflow:connector/log@0.1.0';
import type { Emitted, FieldPick, Space } from 'appflow:connector/page@0.1.0';

/** An answer's body on the host. */
export type HostResponse = Pick<Response, 'status' | 'header' | 'headers' | 'ensureOk' | 'text' | 'data' | 'jsonAt' | 'textAt'> & {
  [Symbol.dispose](): void;
};

/**
 * The functions of the host, as the contract has them, but for `emit-batch`: both engines hand texts over character by character, so
 * that many records at once are no quicker than one by one.
 */
export interface Host {
  send(request: Request): HostResponse;
  emit(json: string): boolean;
  emitJson(response: HostResponse, pointer: string, picks: FieldPick[], skip: number): Emitted;
  room(): Space;
  current(): Details;
  entity(): EntityDefinition | null | undefined;
  entityJson(): string | null | undefined;
  millisLeft(): number;
  credentials(): Secret;
  log(level: Level, message: string, fields: [string, string][]): void;
  /** Whether the engine waits for promises that an export returns; `true` where that cannot be told. */
  readonly waits: boolean;
}
