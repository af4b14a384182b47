/** A message in a few words, as plain text on one line. */
import type { View } from "../state";
import { blocksOf, textOf } from "../talk";
import { tame } from "../tame";
import type { Row } from "../wire";

/** Characters that are looked at, and that are left. */
const LOOKED_AT = 400;
const MOST = 70;

/** "" where the message has no words. */
export function gistOf({ talk }: Pick<View, "talk">, row: Row, most = MOST): string {
  return gist(textOf(blocksOf(talk, row)), most);
}

/** The marks of Markdown are taken away, since here is no place for what they mean; and nothing turns the line. */
export function gist(text: string, most = MOST): string {
  const line = text
    .slice(0, LOOKED_AT)
    .replace(/^\s*(#{1,6}|>|[-*+]|\d+[.)])\s+/gm, "")
    .replace(/\*\*|__|`+|~~/g, "")
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
  const characters = [...line];
  if (characters.length <= most) return tame(line);
  const kept = characters.slice(0, most - 1).join("");
  return tame(`${kept.trimEnd()}…`);
}
