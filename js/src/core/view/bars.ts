/** Small bars between the transcript and the composer: the last refusal, and the way back from another branch. */
import { isLocked, isResponding, leafOf, type View } from "../state";
import { errorWords, sentencesOf } from "../words";
import { type Desk, Slot } from "./desk";
import { asTheKernelSaid, button, h, isolated } from "./dom";
import { icon } from "./icons";
import { requestId } from "./outcome";

/** The message with the last warning, where that stands above the last message and the branch may still end. */
function lastWarning(view: View): string | null {
  if (isLocked(view) || leafOf(view)?.tip !== "warned") return null;
  const above = view.path.slice(0, -1).reverse();
  const warns = (m: string) =>
    view.talk.rows
      .get(m)
      ?.blocks.some((block) => block.k === "warning" && block.kind === "final_warning" && block.counted);
  return above.find(warns) ?? null;
}

export class Bars {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #refused = new Slot(h("div", { class: "cvd-refusal", hidden: true }));
  readonly #warned = new Slot(h("div", { class: "cvd-warned", hidden: true }));
  readonly #away = new Slot(h("div", { class: "cvd-away", hidden: true }));
  readonly #branch = new Slot(h("div", { class: "cvd-branch", hidden: true }));

  constructor(desk: Desk) {
    this.#desk = desk;
    const bars = [this.#branch, this.#away, this.#warned, this.#refused];
    this.element = h("div", { class: "cvd-bars" }, ...bars.map((bar) => bar.element));
  }

  update(view: View): void {
    this.#branch.set([view.browsing && !isResponding(view)], () => this.#branchBar(view));
    this.#warned.set([lastWarning(view)], () => this.#warnedBar(lastWarning(view)));
    this.#away.set([view.away], () => this.#awayBar(view));
    this.#refused.set([view.refused], () => this.#refusalBar(view));
  }

  #branchBar(view: View): Node | null {
    if (!view.browsing || isResponding(view)) return null;
    const { strings, dispatch } = this.#desk;
    const back = button({
      label: strings.backToHead,
      class: "cvd-text-button",
      onPress: () => dispatch({ type: "head" }),
    });
    return h("div", { class: "cvd-bar-line" }, icon("branch"), h("span", {}, strings.otherBranch), back);
  }

  /** A last warning stays in sight until it has come to an end, however far up it stands. */
  #warnedBar(m: string | null): Node | null {
    if (m === null) return null;
    const { strings } = this.#desk;
    const look = button({ label: strings.warnedShow, class: "cvd-text-button", onPress: () => this.#desk.goTo(m) });
    return h("div", { class: "cvd-bar-line cvd-bar-warn" }, icon("warning"), h("span", {}, strings.warnedBar), look);
  }

  #awayBar({ away }: View): Node | null {
    if (!away) return null;
    const { strings, formats, dispatch, newId } = this.#desk;
    const undo = button({
      label: strings.undo,
      class: "cvd-text-button",
      onPress: () => {
        const drawer = this.element.closest(".cvd-root")?.querySelector(".cvd-drawer:not([hidden])");
        drawer?.querySelector<HTMLElement>('[role="tree"] [tabindex="0"]')?.focus(); // this button will be gone
        dispatch({ type: "archive", c: newId(), m: away.m, archived: false });
      },
    });
    const close = button({
      label: strings.dismiss,
      icon: icon("close"),
      class: "cvd-quiet",
      onPress: () => dispatch({ type: "keep-away" }),
    });
    const words = strings.archivedTold(away.count, formats.number(away.count));
    return h("div", { class: "cvd-bar-line" }, icon("archive"), h("span", {}, words), undo, close);
  }

  #refusalBar({ refused }: View): Node | null {
    if (!refused) return null;
    const { strings, dispatch } = this.#desk;
    const close = button({
      label: strings.dismiss,
      icon: icon("close"),
      class: "cvd-quiet",
      onPress: () => dispatch({ type: "dismiss" }),
    });
    const words = errorWords(strings, refused);
    const body = h(
      "div",
      {},
      isolated(sentencesOf(words)),
      asTheKernelSaid(words.original),
      refused.request_id ? requestId(this.#desk, refused.request_id) : null,
    );
    return h("div", { class: "cvd-bar-line cvd-bar-warn" }, icon("warning"), body, close);
  }
}
