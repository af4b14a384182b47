/** Texts as a reply shows them in the end: with formulas laid out and code coloured by the chunks that do it. */
import * as code from "../../src/chunks/code";
import * as math from "../../src/chunks/math";
import { english } from "../../src/core/strings";
import { addStyle } from "../../src/core/style";
import type { Desk } from "../../src/core/view/desk";
import { Prose } from "../../src/core/view/prose";
import { inText } from "./inert";

/** Pixels that a formula in a line may reach out of its text. What is longer is cut off where its own box ends. */
const REACH = 64;

const deskOf = (signal: AbortSignal): Desk =>
  ({
    ...{ strings: english.strings, signal, tell: () => {}, grown: () => {} },
    chunk: async (name: string) => (name === "math" ? math : code),
  }) as unknown as Desk;

export interface Dressed {
  formulas: number;
  tokens: number;
  /** For each text what is wrong with it. */
  offences: string[][];
}

export async function dressed(texts: readonly string[], place: HTMLElement): Promise<Dressed> {
  const life = new AbortController();
  const desk = deskOf(life.signal);
  addStyle(place, math.css);
  const proses = texts.map((text) => {
    const prose = new Prose(desk);
    place.append(prose.element);
    prose.settle(text);
    return prose.element;
  });
  await stillness(place);
  const count = (selector: string) => place.querySelectorAll(selector).length;
  const found = { formulas: count(".cvd-math math"), tokens: count('[class^="cvd-token-"]') };
  const offences = proses.map((element) => [...inText(element), ...reachingOut(element)]);
  life.abort();
  place.replaceChildren();
  return { ...found, offences };
}

/** Waits until every formula is laid out or found to be none, and nothing changes any more. */
async function stillness(place: HTMLElement): Promise<void> {
  const waiting = () =>
    [...place.querySelectorAll<HTMLElement>(".cvd-math")].some((e) => !e.firstElementChild && !e.title);
  let before = -1;
  for (let turn = 0; turn < 3_000; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const now = place.querySelectorAll("*").length;
    if (now === before && !waiting()) return;
    before = now;
  }
  throw new Error("some formulas were never laid out");
}

function reachingOut(prose: HTMLElement): string[] {
  const room = prose.getBoundingClientRect();
  return [...prose.querySelectorAll<HTMLElement>(".cvd-math:not([data-long])")].flatMap((formula) => {
    const far = [...formula.querySelectorAll("*")].some((part) => {
      const { top, bottom, left } = part.getBoundingClientRect();
      const out = top < room.top - REACH || bottom > room.bottom + REACH || left < room.left - REACH;
      // what is neither seen nor pressed may; jsdom lays nothing out, and has no style of MathML
      return out && !(!part.textContent && getComputedStyle(part).pointerEvents === "none");
    });
    return far ? [`a formula reaches out of its text: ${formula.textContent?.slice(0, 60)}`] : [];
  });
}
