/** Searching a whole conversation, also what is not in the page. Pure. */
import { blocksOf, type Talk, textOf } from "../talk";

/** How text is compared: without case, and without the marks of Markdown, which nobody sees. */
export const plainly = (text: string): string => text.replace(/[*_`~]/g, "").toLowerCase();

/** The messages that hold the words: of the path that is shown, newest first; then those of other branches. */
export function search(talk: Talk, path: readonly string[], words: string): string[] {
  const wanted = plainly(words).trim();
  if (!wanted) return [];
  const here = new Set(path);
  const holds = (m: string): boolean => {
    const row = talk.rows.get(m);
    return row !== undefined && plainly(textOf(blocksOf(talk, row))).includes(wanted);
  };
  const elsewhere = [...talk.rows.values()].filter((row) => !here.has(row.m)).sort((a, b) => b.seq - a.seq);
  return [...[...path].reverse(), ...elsewhere.map((row) => row.m)].filter(holds);
}
