/**
 * The alphabets of mathematics as characters. MathML once had an attribute for them, which browsers have given up.
 * The places of each alphabet: capitals, small letters, digits, from U+1D400 on; 0 where it has none.
 */

const ALPHABETS: Record<string, readonly [capitals: number, small: number, digits: number]> = {
  bold: [0x1d400, 0x1d41a, 0x1d7ce],
  italic: [0x1d434, 0x1d44e, 0],
  "bold-italic": [0x1d468, 0x1d482, 0],
  script: [0x1d49c, 0x1d4b6, 0],
  "bold-script": [0x1d4d0, 0x1d4ea, 0],
  fraktur: [0x1d504, 0x1d51e, 0],
  "double-struck": [0x1d538, 0x1d552, 0x1d7d8],
  "bold-fraktur": [0x1d56c, 0x1d586, 0],
  "sans-serif": [0x1d5a0, 0x1d5ba, 0x1d7e2],
  "bold-sans-serif": [0x1d5d4, 0x1d5ee, 0x1d7ec],
  "sans-serif-italic": [0x1d608, 0x1d622, 0],
  "sans-serif-bold-italic": [0x1d63c, 0x1d656, 0],
  monospace: [0x1d670, 0x1d68a, 0x1d7f6],
};

/** Those that Unicode had before, so that their place in the block is empty. */
const ELSEWHERE: Record<string, string> = {
  ...{ "italic h": "ℎ", "script B": "ℬ", "script E": "ℰ", "script F": "ℱ", "script H": "ℋ", "script I": "ℐ" },
  ...{ "script L": "ℒ", "script M": "ℳ", "script R": "ℛ", "script e": "ℯ", "script g": "ℊ", "script o": "ℴ" },
  ...{ "fraktur C": "ℭ", "fraktur H": "ℌ", "fraktur I": "ℑ", "fraktur R": "ℜ", "fraktur Z": "ℨ" },
  ...{ "double-struck C": "ℂ", "double-struck H": "ℍ", "double-struck N": "ℕ", "double-struck P": "ℙ" },
  ...{ "double-struck Q": "ℚ", "double-struck R": "ℝ", "double-struck Z": "ℤ" },
};

/** Greek is there in bold and italic only: Α and α of each. */
const GREEK: Record<string, readonly [capitals: number, small: number]> = {
  bold: [0x1d6a8, 0x1d6c2],
  italic: [0x1d6e2, 0x1d6fc],
  "bold-italic": [0x1d71c, 0x1d736],
};

/** The text in an alphabet by its MathML name; what it does not have stays. */
export function lettersIn(alphabet: string, text: string): string {
  return [...text].map((letter) => ELSEWHERE[`${alphabet} ${letter}`] ?? letterIn(alphabet, letter)).join("");
}

function letterIn(alphabet: string, letter: string): string {
  const code = letter.codePointAt(0) as number;
  const [capitals, small, digits] = ALPHABETS[alphabet] ?? [0, 0, 0];
  const [greekCapitals, greekSmall] = GREEK[alphabet] ?? [0, 0];
  const from = (base: number, start: number) => (base ? String.fromCodePoint(base + code - start) : letter);
  if (/^[A-Z]$/.test(letter)) return from(capitals, 0x41);
  if (/^[a-z]$/.test(letter)) return from(small, 0x61);
  if (/^[0-9]$/.test(letter)) return from(digits, 0x30);
  if (/^[Α-ΡΣ-Ω]$/u.test(letter)) return from(greekCapitals, 0x391);
  if (/^[α-ω]$/u.test(letter)) return from(greekSmall, 0x3b1);
  return letter;
}
