/** A chat in a tab of its own. The kernel of a notebook has it; the notebook's widget manager draws it. */
import type { Kernel } from "@jupyterlab/application";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { MimeModel, type RenderMime } from "@jupyterlab/rendermime";
import { Panel, Widget } from "@lumino/widgets";
import { fields, text } from "../core/guard";
import { newId } from "../core/ids";
import { addStyle } from "../core/style";
import { button, h } from "../core/view/dom";
import { ask, Raised } from "./asking";
import { foundTab, quoted, shownTab, TABS } from "./cells";
import { icon } from "./icon";
import css from "./lab.css";
import { preferences } from "./preferences";
import { words } from "./strings";

const VIEW = "application/vnd.jupyter.widget-view+json";
const COMPOSER = ".cvd-root.cvd-open textarea";
const GONE: ReadonlySet<string> = new Set(["restarting", "autorestarting", "dead", "terminating"]);

/** As `convend_widget/tabs.py` tells it. */
interface Told {
  model: string;
  /** Of the variable in Python; "" where it has none any more. */
  name: string;
  conversation: string;
}
const isTold = fields<Told>({ model: text, name: text, conversation: text });

export class ChatTab extends Panel {
  readonly notebook: NotebookPanel;
  /** The comm of its widget; "" while there is none. */
  model = "";
  /** Called when what is kept for a reload of the page has changed. */
  onChange: () => void = () => {};
  readonly #note = h("p", { class: "cvd-copy-note" });
  readonly #word = h("p", { class: "cvd-copy-problem", role: "status", hidden: true });
  readonly #head = h("div", { class: "cvd-tab-head" }, this.#note, this.#word);
  #view: Widget | null = null;
  #conversation: string;

  /** The same `id` before and after a reload: it has the tab's place in the layout. */
  constructor(notebook: NotebookPanel, conversation: string, id = `convend-tab-${newId()}`) {
    super();
    this.notebook = notebook;
    this.#conversation = conversation;
    this.id = id;
    this.title.label = words.newChat;
    this.title.icon = icon;
    this.title.closable = true;
    this.addClass("cvd-tab");
    this.node.tabIndex = -1;
    this.addWidget(new Widget({ node: this.#head }));
    addStyle(this.node, css);
    notebook.disposed.connect(this.dispose, this);
    notebook.sessionContext.statusChanged.connect(this.#heed, this);
  }

  get kernel(): Kernel | null {
    return this.notebook.sessionContext.session?.kernel ?? null;
  }

  /** What is shown, as long as something was said in it; else what was shown last. */
  get conversation(): string {
    const shown = this.node.querySelector("[data-conversation]")?.getAttribute("data-conversation");
    if (shown) this.#conversation = shown;
    return this.#conversation;
  }

  /** Has the kernel make the chat: the stored one that it is about, else a new one. */
  async begin(): Promise<void> {
    await this.#show(shownTab(this.conversation, preferences.values));
  }

  /** After a reload of the page: the widget that the kernel has, if it has it still. */
  async comeBack(model: string): Promise<void> {
    await this.#show(foundTab(model));
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.notebook.disposed.disconnect(this.dispose, this);
    this.notebook.sessionContext.statusChanged.disconnect(this.#heed, this);
    super.dispose();
  }

  /** Closed by the person: the kernel need not draw it any more. The chat stays. */
  protected override onCloseRequest(): void {
    const { kernel, model } = this;
    if (kernel && model) ask(kernel, `${TABS}.close(${quoted(model)})`).catch(() => {});
    this.dispose();
  }

  protected override onActivateRequest(): void {
    (this.node.querySelector<HTMLElement>(COMPOSER) ?? this.node).focus();
  }

  /** The focus that the tab has goes on to the panel, which comes a little later than its view. */
  #handOn(view: Widget): void {
    const arrivals = new MutationObserver(() => {
      const composer = view.node.querySelector<HTMLElement>(COMPOSER);
      if (!composer) return;
      arrivals.disconnect();
      if (document.activeElement === this.node) composer.focus();
    });
    arrivals.observe(view.node, { childList: true, subtree: true });
  }

  async #show(expression: string): Promise<void> {
    this.#say(words.tabOpening);
    try {
      await this.notebook.sessionContext.ready;
      if (!this.kernel) return this.#lose();
      const told = await ask(this.kernel, expression);
      if (this.isDisposed) return;
      if (!isTold(told)) return this.#lose();
      await this.#draw(told);
    } catch (error) {
      if (this.isDisposed) return;
      if (!(error instanceof Raised)) console.warn("convend: the kernel did not answer", error);
      this.#say(error instanceof Raised ? error.message : words.tabGone, words.again);
    }
  }

  async #draw({ model, name, conversation }: Told): Promise<void> {
    this.#say("");
    this.model = model;
    this.#conversation = conversation;
    this.title.label = name || words.newChat;
    this.title.caption = words.tabCaption(this.notebook.context.path);
    this.#note.replaceChildren(...(name ? [words.tabName, h("code", {}, name)] : []));
    const view = this.#renderer();
    if (!view) return this.#say(words.noWidgets);
    this.#view = view;
    view.addClass("cvd-tab-view");
    this.addWidget(view);
    this.#handOn(view);
    this.onChange();
    await view.renderModel(new MimeModel({ data: { [VIEW]: { model_id: model } }, trusted: true }));
  }

  /** Of the notebook's own widget manager; `null` where JupyterLab has none. */
  #renderer(): ReturnType<RenderMime["createRenderer"]> | null {
    const { rendermime } = this.notebook.content;
    return rendermime.mimeTypes.includes(VIEW) ? rendermime.createRenderer(VIEW) : null;
  }

  #heed(): void {
    if (this.model && GONE.has(this.kernel?.status ?? "dead")) this.#lose();
  }

  /** The kernel that had it is gone, or knows nothing of it: it is opened again when the person wants it. */
  #lose(): void {
    this.#conversation = this.conversation;
    this.model = "";
    this.#say(words.tabLost, words.tabAgain);
    this.onChange();
  }

  /** A word in the place of the chat, and what to do about it. */
  #say(word: string, offer = ""): void {
    this.#view?.dispose();
    this.#view = null;
    this.#note.replaceChildren();
    this.#word.textContent = word;
    this.#word.hidden = word === "";
    const again = offer && button({ label: offer, showLabel: true, onPress: () => void this.begin() });
    this.#head.replaceChildren(this.#note, this.#word, ...(again ? [again] : []));
  }
}
