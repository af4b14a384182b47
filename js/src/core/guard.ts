/** Small checks that compose: each says whether a value from outside has the shape that a type promises. */

export type Check<T> = (value: unknown) => value is T;

export const text: Check<string> = (value): value is string => typeof value === "string";
export const bool: Check<boolean> = (value): value is boolean => typeof value === "boolean";
export const number: Check<number> = (value): value is number => Number.isFinite(value);

export const record = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const nullOr =
  <T>(check: Check<T>): Check<T | null> =>
  (value): value is T | null =>
    value === null || check(value);

export const arrayOf =
  <T>(check: Check<T>): Check<T[]> =>
  (value): value is T[] =>
    Array.isArray(value) && value.every(check);

export const oneOf =
  <T extends string>(...allowed: T[]): Check<T> =>
  (value): value is T =>
    (allowed as unknown[]).includes(value);

/** Every named field has its shape. Further fields are left alone: a newer kernel may send more. */
export const fields = <T extends object>(checks: { [K in keyof T]: Check<T[K]> }): Check<T> => {
  const entries = Object.entries(checks) as [string, Check<unknown>][];
  return (value): value is T => record(value) && entries.every(([name, check]) => check(value[name]));
};

/** A union told apart by one field. */
export const variants =
  <T extends Record<Tag, string>, Tag extends string>(tag: Tag, checks: Record<T[Tag], Check<T>>): Check<T> =>
  (value): value is T => {
    if (!record(value)) return false;
    const kind = value[tag];
    return typeof kind === "string" && Object.hasOwn(checks, kind) && checks[kind as T[Tag]](value);
  };
