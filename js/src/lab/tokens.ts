/** Services that a host may not have: not every token exists everywhere, and what is missing must shift no other. */
import type { Token } from "@jupyterlab/application";

/** Those of these tokens that exist here. */
export const present = (wishes: readonly (Token<unknown> | undefined)[]): Token<unknown>[] =>
  wishes.filter((token) => token !== undefined);

/** What a host gave for the tokens that exist, each at the place of its wish; `null` for the others. */
export function placed(wishes: readonly (Token<unknown> | undefined)[], given: readonly unknown[]): unknown[] {
  const left = [...given];
  return wishes.map((token) => (token === undefined ? null : (left.shift() ?? null)));
}
