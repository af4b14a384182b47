/** The head of the panel: which model, that a rehearsal is one, what the policy is, and a new chat. */
import type { View } from "../state";
import { tame } from "../tame";
import { archivedIn, tipsOf } from "../tree";
import type { ChatView } from "../wire";
import { noticeWords } from "../words";
import { type Desk, Slot } from "./desk";
import { asTheKernelSaid, button, h, isolated, setAttribute, setText, show } from "./dom";
import { icon } from "./icons";

export class Header {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #count = h("span", { class: "cvd-count" });
  #open = false;
  readonly #model = h("bdi", { class: "cvd-model" });
  readonly #provider = h("span", { class: "cvd-provider" });
  readonly #badge: HTMLElement;
  readonly #policy = h("span", { class: "cvd-policy" });
  /** Opens and closes the drawer of branches. */
  readonly branches: HTMLButtonElement;
  readonly #notices = new Slot(h("div", { class: "cvd-notices", hidden: true }));

  /** Opens what the model saw for the newest reply. */
  readonly see: HTMLButtonElement;
  #newest: string | null = null;

  constructor(desk: Desk) {
    this.#desk = desk;
    const { strings, dispatch, newId } = desk;
    this.#badge = h("span", { class: "cvd-badge", title: strings.rehearsalHint, hidden: true }, strings.rehearsal);
    const fresh = button({
      label: strings.newChat,
      icon: icon("plus"),
      showLabel: true,
      class: "cvd-soft cvd-new",
      onPress: () => dispatch({ type: "new", c: newId() }),
    });
    this.branches = button({
      label: strings.branches,
      icon: icon("branch"),
      showLabel: true,
      class: "cvd-soft cvd-new cvd-branches",
      onPress: () => dispatch({ type: "drawer", drawer: this.#open ? null : { page: "tree" } }),
    });
    this.branches.append(this.#count);
    setAttribute(this.branches, "aria-controls", desk.elementId("drawer"));
    this.see = button({
      label: strings.seen,
      icon: icon("eye"),
      class: "cvd-quiet",
      onPress: () => dispatch({ type: "seen", m: this.#newest }),
    });
    const names = h("div", { class: "cvd-names" }, this.#model, this.#provider, this.#badge);
    const bar = h(
      "div",
      { class: "cvd-bar" },
      names,
      h("div", { class: "cvd-bar-end" }, this.#policy, this.see, this.branches, fresh),
    );
    this.element = h("div", { class: "cvd-head" }, bar, this.#notices.element);
  }

  /** A button of another part of the panel, before that of a new chat. */
  add(element: HTMLElement): void {
    this.branches.before(element);
  }

  update(chat: ChatView): void {
    const { strings } = this.#desk;
    setText(this.#model, tame(chat.model));
    setText(this.#provider, chat.rehearsal ? "" : strings.provider(tame(chat.provider)));
    show(this.#badge, chat.rehearsal);
    const name = tame(chat.policy);
    const policy = chat.mode === "observe" ? strings.policyObserve(name) : strings.policy(name);
    setText(this.#policy, chat.can_end ? policy : strings.cannotEnd);
    this.#policy.title = strings.policyHint;
    this.#notices.set([JSON.stringify(chat.notices)], () => this.#noticesOf(chat));
  }

  /** A chat of one branch has a quiet button without words; of more, it says how many there are. */
  updateBranches({ talk, drawer }: View): void {
    const { strings, formats } = this.#desk;
    this.#open = drawer?.page === "tree";
    const count = tipsOf(talk.rows, talk.children).length;
    const many = count > 1 || archivedIn(talk.rows).size > 0;
    setText(this.#count, ` ${formats.number(count)}`); // the space parts it from the word for who only hears them
    show(this.#count, count > 1);
    this.branches.toggleAttribute("data-many", many);
    this.branches.title = strings.branchesHint;
    setAttribute(this.branches, "aria-expanded", String(this.#open));
    show(this.branches, talk.rows.size > 0);
  }

  updateSeen({ path, talk }: View): void {
    const reply = path.findLast((m) => talk.rows.get(m)?.role === "assistant") ?? null;
    this.#newest = reply;
    show(this.see, reply !== null);
  }

  #noticesOf({ notices }: ChatView): Node | null {
    if (notices.length === 0) return null;
    const items = notices.map((notice) => {
      const [words, original] = noticeWords(this.#desk.strings, notice);
      return h("li", {}, icon("info"), h("div", {}, isolated(words), asTheKernelSaid(original)));
    });
    return h("ul", {}, ...items);
  }
}
