// The Wasm package, started once per page and once per worker.
import init from '../../pkg/poolwise.js';

let started: Promise<unknown> | undefined;

export function start(): Promise<unknown> {
  started ??= init();
  return started;
}
