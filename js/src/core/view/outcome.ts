/** How a reply came out, where that needs saying: each outcome looks its own way and offers what can be done. */
import { tame } from "../tame";
import type { ErrorView, Row } from "../wire";
import { errorWords, noteWords } from "../words";
import { copyButton } from "./clipboard";
import type { Desk } from "./desk";
import { asTheKernelSaid, button, h, isolated } from "./dom";
import { type IconName, icon } from "./icons";

function retryButton(desk: Desk, row: Row): HTMLElement {
  const onPress = () => desk.dispatch({ type: "retry", c: desk.newId(), m: row.m });
  return button({ label: desk.strings.retry, icon: icon("retry"), showLabel: true, class: "cvd-soft", onPress });
}

function editButton(desk: Desk, row: Row): HTMLElement {
  const { editYours } = desk.strings;
  const onPress = () => desk.editAbove(row);
  return button({ label: editYours, icon: icon("edit"), showLabel: true, class: "cvd-soft", onPress });
}

function card(kind: string, name: IconName, title: Node | string, ...more: (Node | null)[]): HTMLElement {
  const heading = h("p", { class: "cvd-card-title" }, title);
  return h(
    "div",
    { class: `cvd-card cvd-card-${kind}` },
    icon(name),
    h("div", { class: "cvd-card-body" }, heading, ...more),
  );
}

function actions(...buttons: HTMLElement[]): HTMLElement {
  return h("div", { class: "cvd-card-actions" }, ...buttons);
}

/** A small line: the reply is whole or nearly so, and one may go on. */
function noteLine(name: IconName, words: readonly string[], ...buttons: HTMLElement[]): HTMLElement {
  const text = isolated(words.filter(Boolean).join(" "));
  return h("div", { class: "cvd-note" }, icon(name), h("div", { class: "cvd-note-words" }, text, ...buttons));
}

const noteIcons = new Map<string | null, IconName>([
  ["length", "cut"],
  ["context_full", "full"],
  ["empty", "nothing"],
  ["bound", "loop"],
  ["paused", "pause"],
]);

const stopIcons = new Map<string | null, IconName>([
  ["interrupt", "keyboard"],
  ["shutdown", "power"],
  ["takeover", "branch"],
]);

/** A whole reply about which something is unusual. */
function unusual(desk: Desk, row: Row): HTMLElement | null {
  const words = noteWords(desk.strings, row);
  if (!words) return null;
  const name = noteIcons.get(row.note) ?? "info";
  const edit = ["context_full", "empty"].includes(row.note ?? "") ? [editButton(desk, row)] : [];
  const retry = row.note === "context_full" ? [] : [retryButton(desk, row)];
  return noteLine(name, words, ...edit, ...retry);
}

export function requestId(desk: Desk, id: string): HTMLElement {
  const copy = copyButton(desk, desk.strings.copy, () => id);
  return h("p", { class: "cvd-request" }, `${desk.strings.requestId} `, h("code", {}, tame(id)), copy);
}

export function errorCard(desk: Desk, row: Row, error: ErrorView): HTMLElement {
  const { strings } = desk;
  const after = error.retry_after ? strings.errorAdviceRetryAfter(Math.ceil(error.retry_after)) : "";
  const words = errorWords(strings, error);
  const advice = [words.advice, after].filter(Boolean).join(" ");
  return card(
    "error",
    "warning",
    isolated(words.what),
    advice ? h("p", { dir: "auto" }, isolated(advice)) : null,
    asTheKernelSaid(words.original),
    error.retryable ? actions(retryButton(desk, row)) : null,
    error.request_id ? requestId(desk, error.request_id) : null,
  );
}

function refusalCard(desk: Desk, row: Row): HTMLElement {
  const { strings } = desk;
  return card(
    "refused",
    "shield",
    strings.refused,
    row.note ? h("p", { dir: "auto" }, isolated(row.note)) : null,
    h("p", {}, strings.refusedAdvice),
    actions(editButton(desk, row), retryButton(desk, row)),
  );
}

/** `null` for a reply that simply went well. */
export function outcomeOf(desk: Desk, row: Row): HTMLElement | null {
  const { strings } = desk;
  if (row.role === "user") return null;
  switch (row.state) {
    case "refused":
      return refusalCard(desk, row);
    case "failed":
      return row.error
        ? errorCard(desk, row, row.error)
        : card("error", "warning", isolated(row.note ?? strings.failed), actions(retryButton(desk, row)));
    case "interrupted":
      return row.error
        ? errorCard(desk, row, row.error)
        : noteLine("broken", [row.note ?? strings.interrupted], retryButton(desk, row));
    case "stopped":
      return noteLine(stopIcons.get(row.note) ?? "stop", noteWords(strings, row) ?? [], retryButton(desk, row));
    case "settled":
      return unusual(desk, row);
    default:
      return null;
  }
}
