/** The one rule of what may be opened, asked by the parser, by the sanitiser and by the click. */

const OPENABLE = new Set(["http:", "https:", "mailto:"]);

/** The address in its normal form, or `null` where it must not become a link: relative, malformed, another scheme. */
export function safeHref(href: string | null): string | null {
  try {
    const url = new URL(href ?? "");
    // browsers leave some signs in a mail address as they are
    return OPENABLE.has(url.protocol) ? url.href.replace(/["<>\\`\s]/g, encodeURIComponent) : null;
  } catch {
    return null; // not an absolute address
  }
}

export const hostOf = (href: string): string => new URL(href).host;
