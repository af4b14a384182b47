/** What one line of the outline says, in words: the tree and the list show the same. */
import type { View } from "../state";
import { type BranchWords, wordsOf } from "../strings/branches";
import { tame } from "../tame";
import type { Desk } from "../view/desk";
import { h, hidden } from "../view/dom";
import { gistOf } from "./gist";
import { type Icon, icon } from "./icons";
import { type Run, type Sign, signsOf } from "./outline";

const icons: Record<Sign, Icon> = {
  running: "dots",
  ended: "door",
  confirming: "question",
  final: "warning",
  redirect: "turn",
  blocked: "blocked",
  refused: "shield",
  failed: "info",
  interrupted: "cut",
  stopped: "stop",
  length: "cut",
};
/** Labels of one run that are shown in its line. */
const LABELS = 3;

export interface Told {
  who: string;
  words: string;
  signs: { sign: Sign; text: string }[];
  labels: { m: string; text: string }[];
  starred: boolean;
  archived: boolean;
  /** Quiet words at the end. */
  more: string[];
  here: string;
}

export function tellRun(desk: Desk, view: View, run: Run): Told {
  const { formats } = desk;
  const strings = wordsOf(desk);
  const { rows } = view.talk;
  const row = rows.get(run.m);
  const marks = run.messages.flatMap((m) => {
    const mark = rows.get(m)?.mark;
    return mark ? [{ m, mark }] : [];
  });
  return {
    who: row?.role === "user" ? strings.you : strings.model,
    words: row ? gistOf(view, row) || strings.noText : "",
    signs: signsOf(rows, run.messages).map((sign) => ({ sign, text: strings.signs[sign] })),
    labels: marks.flatMap(({ m, mark }) => (mark.label ? [{ m, text: mark.label }] : [])).slice(0, LABELS),
    starred: marks.some(({ mark }) => mark.starred),
    archived: row?.mark?.archived === true,
    more: countsOf(strings, formats.number, run),
    here: [run.here && strings.youAreHere, run.head && !run.here && strings.chatIsHere].filter(Boolean).join(", "),
  };
}

/** What a line is called, to be found by its first letters: its label, else its first words. */
export function nameOf(view: View, { m }: Run): string {
  const row = view.talk.rows.get(m);
  return row ? row.mark?.label || gistOf(view, row) : "";
}

function countsOf(strings: BranchWords, number: (value: number) => string, run: Run): string[] {
  return [
    run.below > 1 && strings.messages(number(run.below)),
    run.forks > 1 && strings.branchCount(number(run.forks)),
  ].filter((part): part is string => Boolean(part));
}

/** The line as elements. Text of a model or a person is kept to itself. */
export function lineElements(desk: Desk, told: Told): HTMLElement[] {
  const strings = wordsOf(desk);
  const sign = (name: Icon, text: string, kind: string) =>
    h("span", { class: `cvd-sign cvd-sign-${kind}` }, icon(name), hidden(", "), h("span", {}, text));
  const signs = [
    ...told.signs.map(({ sign: kind, text }) => sign(icons[kind], text, kind)),
    told.starred && sign("star", strings.starred, "star"),
    told.archived && sign("archive", strings.archived, "archived"),
  ];
  const labels = told.labels.map(({ text }) =>
    h("bdi", { class: "cvd-label" }, hidden(`, ${strings.label}: `), tame(text)),
  );
  const words = h("bdi", { class: "cvd-run-words", dir: "auto" }, tame(told.words));
  const first = h("span", { class: "cvd-run-first" }, h("span", { class: "cvd-run-who" }, `${told.who}: `), words);
  const here = told.here && h("span", { class: "cvd-run-here" }, hidden(", "), told.here);
  const more = told.more.length > 0 && h("span", { class: "cvd-run-more" }, hidden(", "), told.more.join(" · "));
  const second = h("span", { class: "cvd-run-second" }, ...labels, here, ...signs, more);
  return [first, second];
}

/** Changes where the line would look different. */
export const signatureOf = (run: Run, told: Told, active: boolean): string =>
  JSON.stringify([told, run.level, run.place, run.places, run.forks > 0, run.open, run.here, active]);
