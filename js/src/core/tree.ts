/** Reading the tree of messages. All pure; a message's children stand in the order of their `seq`. */
import type { Row } from "./wire";

export type Rows = ReadonlyMap<string, Row>;
/** Children by parent; the virtual root is `null`. */
export type Children = ReadonlyMap<string | null, readonly string[]>;
/** At each fork, the child that was looked at last. */
export type Visited = ReadonlyMap<string | null, string>;

const NONE: readonly string[] = [];
const NOTHING: ReadonlySet<string> = new Set();

export const childrenOf = (children: Children, parent: string | null): readonly string[] =>
  children.get(parent) ?? NONE;

/** The index with these rows added; the given index is left as it was. */
export function withRows(rows: Rows, children: Children, added: readonly Row[]): [Rows, Children] {
  const nextRows = new Map(rows);
  const grown = new Map<string | null, string[]>();
  for (const row of added) {
    const known = nextRows.has(row.m);
    nextRows.set(row.m, row);
    if (known) continue;
    const list = grown.get(row.p) ?? [...childrenOf(children, row.p)];
    list.push(row.m);
    grown.set(row.p, list);
  }
  if (grown.size === 0) return [nextRows, children];
  const seq = (m: string) => nextRows.get(m)?.seq ?? 0;
  const nextChildren = new Map<string | null, readonly string[]>(children);
  for (const [parent, list] of grown)
    nextChildren.set(
      parent,
      list.sort((a, b) => seq(a) - seq(b)),
    );
  return [nextRows, nextChildren];
}

/** From the root to `leaf`. A parent that is missing, or met twice, ends the walk. */
export function pathTo(rows: Rows, leaf: string | null): string[] {
  const path: string[] = [];
  const seen = new Set<string>();
  for (let at = leaf; at !== null && !seen.has(at); ) {
    const row = rows.get(at);
    if (!row) break;
    seen.add(at);
    path.push(at);
    at = row.p;
  }
  return path.reverse();
}

/** Down from `from`: where one was last, else where it grew last; past archived ones, unless there is no other. */
export function leafBelow(
  children: Children,
  visited: Visited,
  from: string | null,
  archived: ReadonlySet<string> = NOTHING,
): string | null {
  let at = from;
  const seen = new Set<string | null>();
  while (!seen.has(at)) {
    seen.add(at);
    const below = childrenOf(children, at);
    if (below.length === 0) break;
    const last = visited.get(at);
    const free = archived.size ? below.filter((m) => !archived.has(m)) : below;
    const open = free.length ? free : below;
    at = last !== undefined && open.includes(last) ? last : (open.at(-1) as string);
  }
  return at;
}

/** Whether `message` is `ancestor` or stands below it. */
export function isBelow(rows: Rows, message: string | null, ancestor: string): boolean {
  const seen = new Set<string>();
  for (let at = message; at !== null && !seen.has(at); at = rows.get(at)?.p ?? null) {
    if (at === ancestor) return true;
    seen.add(at);
  }
  return false;
}

/** Remembers every step of a path as visited. */
export function remember(visited: Visited, path: readonly string[]): Visited {
  const steps = path.map((m, index): [string | null, string] => [path[index - 1] ?? null, m]);
  if (steps.every(([parent, m]) => visited.get(parent) === m)) return visited;
  return new Map([...visited, ...steps]);
}

const archivedOfRows = new WeakMap<Rows, ReadonlySet<string>>();

/** The messages that were archived themselves. Looked for once in each version of the rows. */
export function archivedIn(rows: Rows): ReadonlySet<string> {
  const known = archivedOfRows.get(rows);
  if (known) return known;
  const found = new Set<string>();
  for (const row of rows.values()) if (row.mark?.archived) found.add(row.m);
  const archived = found.size ? found : NOTHING;
  archivedOfRows.set(rows, archived);
  return archived;
}

const inSightOf = new WeakMap<readonly string[], { archived: ReadonlySet<string>; kept: string; list: string[] }>();

/** Those that are not archived, and `kept` in any case: what is shown is never out of sight. */
export function inSight(rows: Rows, siblings: readonly string[], kept: string): readonly string[] {
  const archived = archivedIn(rows);
  if (!siblings.some((m) => archived.has(m))) return siblings;
  const known = inSightOf.get(siblings);
  const same = known?.archived.size === archived.size && [...archived].every((m) => known.archived.has(m));
  if (known && same && known.kept === kept) return known.list; // the same list, so that nothing is drawn anew
  const list = siblings.filter((m) => m === kept || !archived.has(m));
  inSightOf.set(siblings, { archived, kept, list });
  return list;
}

/** The messages that are archived, or below one that is. */
export function outOfSight(rows: Rows, children: Children): ReadonlySet<string> {
  const archived = archivedIn(rows);
  if (!archived.size) return NOTHING;
  const away = new Set<string>();
  const next = [...archived];
  for (let m = next.pop(); m !== undefined; m = next.pop()) {
    if (away.has(m)) continue;
    away.add(m);
    next.push(...childrenOf(children, m));
  }
  return away;
}

const tipsOfRows = new WeakMap<Rows, readonly string[]>();

/** The tips of the branches that are in sight, in the order in which they came. */
export function tipsOf(rows: Rows, children: Children): readonly string[] {
  const known = tipsOfRows.get(rows);
  if (known) return known;
  const away = outOfSight(rows, children);
  const tips: string[] = [];
  for (const m of rows.keys())
    if (!away.has(m) && childrenOf(children, m).every((child) => away.has(child))) tips.push(m);
  const seq = (m: string) => rows.get(m)?.seq ?? 0; // older rows come last over the wire
  tips.sort((a, b) => seq(a) - seq(b));
  tipsOfRows.set(rows, tips);
  return tips;
}

/** How many messages stand at `from` and below it. */
export function countBelow(children: Children, from: string): number {
  const seen = new Set<string>();
  const next = [from];
  for (let m = next.pop(); m !== undefined; m = next.pop()) {
    if (seen.has(m)) continue;
    seen.add(m);
    next.push(...childrenOf(children, m));
  }
  return seen.size;
}
