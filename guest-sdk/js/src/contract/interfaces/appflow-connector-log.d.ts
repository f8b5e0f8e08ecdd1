// Made by scripts/generate.mjs from the contract in wit/; do not change by hand.
/// <reference path="./appflow-connector-common.d.ts" />
declare module 'appflow:connector/log@0.1.0' {
  /**
   * Writes a line.
   */
  export function write(level: Level, message: string, fields: Pairs): void;
  export type Pairs = import('appflow:connector/common@0.1.0').Pairs;
  /**
   * Weight of a line.
   * # Variants
   *
   * ## `"debug"`
   *
   * For developers.
   * ## `"info"`
   *
   * Ordinary.
   * ## `"warn"`
   *
   * Odd.
   * ## `"error"`
   *
   * Wrong.
   */
  export type Level = 'debug' | 'info' | 'warn' | 'error';
}
