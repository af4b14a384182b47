/**
 * What markdown-it needs of the package `entities`, in place of it (see `alias` in js/build.mjs): the browser knows the
 * names of all characters already, so the panel need not carry a table of 24 kB.
 */
import DOMPurify from "dompurify";

const known = new Map<string, string>();

/** The character that a reference such as `&eacute;` stands for; the text itself where there is none. */
export function decodeHTMLStrict(reference: string): string {
  const found = known.get(reference);
  if (found !== undefined) return found;
  const text = DOMPurify.sanitize(`<p>${reference.replaceAll("<", "&lt;")}`, { RETURN_DOM: true }).textContent ?? "";
  // a browser also takes the beginning of `&notit;` for a reference; Markdown does not
  const character = text.endsWith(";") && reference !== "&semi;" ? reference : text;
  known.set(reference, character);
  return character;
}
