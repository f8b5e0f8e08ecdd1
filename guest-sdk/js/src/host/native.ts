/** The host outside of a component: the fake one of `@appflow-wasm/connector/testing` while it makes a call. */
import type { Host } from './imports.js';

let installed: Host | undefined;

/** Puts a host in place, or takes it out. */
export function install(host: Host | undefined): void {
  installed = host;
}

/** Whether a host is in place. */
export function isInstalled(): boolean {
  return installed !== undefined;
}

function running(): Host {
  if (installed === undefined) {
    throw new Error(
      'there is no host here: run as a component, or within `new FakeHost(...).run(...)` of @appflow-wasm/connector/testing',
    );
  }
  return installed;
}

export const host: Host = {
  send: (request) => running().send(request),
  emit: (json) => running().emit(json),
  emitJson: (response, pointer, picks, skip) => running().emitJson(response, pointer, picks, skip),
  room: () => running().room(),
  current: () => running().current(),
  entity: () => running().entity(),
  entityJson: () => running().entityJson(),
  millisLeft: () => running().millisLeft(),
  credentials: () => running().credentials(),
  log: (level, message, fields) => running().log(level, message, fields),
  waits: true,
};
