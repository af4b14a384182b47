/** The attacks of tests/fixtures/attacks, which the tests in Python read too. */
import controls from "../../../tests/fixtures/attacks/controls.json";
import foreign from "../../../tests/fixtures/attacks/foreign.json";
import heavy from "../../../tests/fixtures/attacks/heavy.json";
import html from "../../../tests/fixtures/attacks/html.json";
import markdown from "../../../tests/fixtures/attacks/markdown.json";
import maths from "../../../tests/fixtures/attacks/maths.json";
import remote from "../../../tests/fixtures/attacks/remote.json";
import schemes from "../../../tests/fixtures/attacks/schemes.json";
import unicode from "../../../tests/fixtures/attacks/unicode.json";

export interface Case {
  family: string;
  name: string;
  text: string;
  tries: string;
}

/** `pieces` are texts and how often each stands there, for what is long; a number is half of a surrogate pair. */
type Written = { name: string; tries: string; text?: string; pieces?: (string | number)[][] };

const families: Record<string, { cases: Written[] }> = {
  ...{ html, foreign, schemes, markdown, remote, controls, unicode, maths, heavy },
};

const pieceOf = (piece: string | number): string => (typeof piece === "string" ? piece : String.fromCharCode(piece));

const textOf = ({ text, pieces = [] }: Written): string =>
  text ?? pieces.map(([piece = "", times]) => pieceOf(piece).repeat(Number(times))).join("");

export const cases: Case[] = Object.entries(families).flatMap(([family, { cases }]) =>
  cases.map((each) => ({ family, name: each.name, tries: each.tries, text: textOf(each) })),
);
