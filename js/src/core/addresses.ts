/**
 * What markdown-it needs of the packages `mdurl` and `punycode.js`, in place of them (see `alias` in js/build.mjs).
 * Addresses stay as they are written; `safeHref` gives them their normal form, for browsers know how. Hosts are shown as
 * they are asked for, since letters of other scripts may look like those of ours.
 */

// mdurl
export const parse = (url: string): { url: string } => ({ url });
export const format = ({ url }: { url: string }): string => url;
export const encode = (part: string): string => part;
export const decode = Object.assign(encode, { defaultChars: "" });

export default { toASCII: encode, toUnicode: encode }; // punycode.js
