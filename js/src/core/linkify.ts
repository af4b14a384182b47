/**
 * What markdown-it needs of the package `linkify-it`, in place of it (see `alias` in js/build.mjs): an address in a text
 * becomes a link where it begins with http, https or mailto, and nowhere else, so `main.py` is no link to Paraguay. The
 * package has 11 kB, most of which tells apart the domains of this world.
 */

interface Found {
  index: number;
  lastIndex: number;
  schema: string;
  text: string;
  url: string;
}

/** Longer addresses are cut in no useful place; as text they are at least whole. */
const LONGEST = 2_000;
const ADDRESS = /(?:https?:\/\/|mailto:)[^\s<>"`\u3000-\u3003\u3008-\u3011\uff01-\uff0c\uff1a-\uff1f]+/giu;
const CLOSING: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** Without the punctuation of the sentence around it: a bracket belongs to it if it was opened within. */
function trimmed(address: string): string {
  let end = address.length;
  const balance: Record<string, number> = {};
  for (const sign of address) balance[sign] = (balance[sign] ?? 0) + 1;
  for (; end > 0; end--) {
    const last = address[end - 1] as string;
    const opening = CLOSING[last];
    const surplus = opening !== undefined && (balance[last] ?? 0) > (balance[opening] ?? 0);
    if (!surplus && !/[?!.,:;*_~'|\\]/.test(last)) break;
    balance[last] = (balance[last] ?? 0) - 1;
  }
  return address.slice(0, end);
}

function found(match: RegExpExecArray): Found | null {
  const url = trimmed(match[0]);
  const schema = `${url.split(":")[0]?.toLowerCase()}:`;
  const fits = schema === "mailto:" ? /^mailto:[^@]+@[^@]+$/i.test(url) : /^https?:\/\/[\p{L}\p{N}[]/iu.test(url);
  if (!fits || url.length > LONGEST) return null;
  return { index: match.index, lastIndex: match.index + url.length, schema, text: url, url };
}

export class LinkifyIt {
  test(text: string): boolean {
    return this.match(text) !== null;
  }

  match(text: string): Found[] | null {
    const all: Found[] = [];
    for (const match of text.matchAll(ADDRESS)) {
      const before = text[match.index - 1] ?? " ";
      const each = /[\p{L}\p{N}]/u.test(before) ? null : found(match);
      if (each) all.push(each);
    }
    return all.length ? all : null;
  }

  matchAtStart(text: string): Found | null {
    const [match] = text.slice(0, LONGEST + 1).matchAll(ADDRESS);
    return match?.index === 0 ? found(match) : null;
  }
}
