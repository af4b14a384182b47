/** What the kernel names by a code, in the panel's words. A code that the catalogue does not have is shown as it came. */
import type { Formats } from "./formats";
import { type Strings, wordFor } from "./strings";
import { NAME, tame } from "./tame";
import type { ChatView, EndingView, ErrorView, Row } from "./wire";

export interface Told {
  what: string;
  advice: string;
  /** What the kernel said in English, where the panel says it in words of its own. It may know more of the case. */
  original: string;
}

/** Characters. */
const WHOLE = 500;
const LONGEST_PATH = 4 * NAME;

export function errorWords(strings: Strings, error: ErrorView | null): Told {
  if (!error) return { what: strings.noWords, advice: "", original: "" };
  const own = Object.hasOwn(strings.errors, error.code) ? strings.errors[error.code] : undefined;
  if (!own) return { what: error.what || strings.failed, advice: error.advice, original: "" };
  return { what: own[0], advice: own[1], original: error.what };
}

export const sentencesOf = ({ what, advice }: Told): string => [what, advice].filter(Boolean).join(" ");

/** A notice that lasts, and what the kernel said of it where the panel has other words. */
export function noticeWords(strings: Strings, { code, text }: { code: string; text: string }): [string, string] {
  const own = Object.hasOwn(strings.notices, code) ? strings.notices[code] : undefined;
  return own ? [own, text] : [text, ""];
}

export function storedWords(strings: Strings, { path, writable }: ChatView["stored"]): string {
  if (path === null) return strings.storedNowhere;
  const place = tame(path, LONGEST_PATH);
  return writable ? strings.stored(place) : strings.storedRead(place);
}

/** Who or what stopped a reply, or what is unusual about a whole one and what to do; `null` where nothing is. */
export function noteWords(strings: Strings, row: Row): readonly [what: string, advice: string] | null {
  const note = row.note?.slice(0, WHOLE) ?? null;
  if (row.state === "stopped") return [wordFor(strings.stoppedBy, note ?? "panel"), ""];
  if (note === null) return null;
  const unknown = note.match(/^stopped: (.*)$/s);
  if (unknown) return [strings.stopUnknown(tame(unknown[1] ?? "")), ""];
  return (Object.hasOwn(strings.notes, note) && strings.notes[note]) || [note, ""];
}

/** How a reply came out, to be read out after it; "" where it simply went well, or was stopped by hand. */
export function outcomeWords(strings: Strings, row: Row): string {
  if (row.state === "refused") return strings.refused;
  if (row.error) return errorWords(strings, row.error).what;
  return row.state === "settled" ? (noteWords(strings, row) ?? []).join(" ").trim() : "";
}

/** What the policy in force asks of an ending, a sentence for each gate. */
export const needWords = (strings: Strings, needs: EndingView["needs"]): string[] =>
  needs.map(({ gate, number }) => {
    const say = Object.hasOwn(strings.needs, gate) ? strings.needs[gate] : undefined;
    return say ? say(number ?? 0) : strings.needOther(tame(gate));
  });

/** Tokens and cost of a whole chat, in one line; "" before its first call. A dash stands for an unknown price. */
export function spentWords(strings: Strings, formats: Formats, { spent }: ChatView): string {
  const { input, output, cost } = spent;
  if (!input && !output) return "";
  const amount = cost.dollars === null ? "–" : formats.dollars(cost.dollars);
  const shown = cost.free ? strings.free : cost.at_least ? strings.atLeast(amount) : amount;
  return `${strings.spent(formats.number(input), formats.number(output))} · ${shown}`;
}
