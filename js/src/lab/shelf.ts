/** The sidebar and the line in the status bar. */
import { ILayoutRestorer, type JupyterFrontEnd, type LayoutRestorer, type Plugin } from "@jupyterlab/application";
import { ICommandPalette, InputDialog, type Palette } from "@jupyterlab/apputils";
import { INotebookTracker, type NotebookTracker } from "@jupyterlab/notebook";
import { IStatusBar, type StatusBar } from "@jupyterlab/statusbar";
import { Widget } from "@lumino/widgets";
import { formatsFor } from "../core/formats";
import { BESIDE, openTabs } from "./beside";
import { icon } from "./icon";
import { ShelfLink } from "./shelf_link";
import { countOf, type ShelfChat, type ShelfMessage } from "./shelf_model";
import { NOTHING, ShelfView, type Shown } from "./shelf_view";
import { words } from "./strings";
import { placed, present } from "./tokens";

const WISHES = [INotebookTracker, ICommandPalette, ILayoutRestorer, IStatusBar];
const SHOW = "convend:show-chats";
/** Characters. */
const LONGEST_TITLE = 80;

class ShelfDesk {
  readonly view: ShelfView;
  readonly line = statusLine();
  readonly #app: JupyterFrontEnd;
  readonly #tracker: NotebookTracker | null;
  readonly #link: ShelfLink;
  #shown: Shown = NOTHING;

  constructor(app: JupyterFrontEnd, tracker: NotebookTracker | null) {
    [this.#app, this.#tracker] = [app, tracker];
    this.view = new ShelfView({
      find: (text) => this.#link.ask({ do: "list", find: text }),
      fresh: () => void app.commands.execute("convend:new-chat"),
      beside: () => void app.commands.execute(BESIDE),
      open: (chat) => this.#open(chat),
      rename: (chat) => void this.#rename(chat),
      archive: ({ conversation }, archived) => this.#link.ask({ do: "archive", conversation, archived }),
      start: () => this.#start(),
    });
    this.#link = new ShelfLink(
      app.serviceManager,
      tracker,
      (message) => this.#hear(message),
      () => this.#change({ connected: this.#link.connected, chats: null, problem: "" }),
    );
    app.commands.commandChanged.connect((_, { id }) => {
      if (id === BESIDE) this.#change({ canBeside: app.commands.isEnabled(BESIDE) });
    });
    this.line.addEventListener("click", () => void app.commands.execute(SHOW));
  }

  #hear(message: ShelfMessage): void {
    if (message.t === "refused") this.#change({ problem: [message.what, message.advice].filter(Boolean).join(" ") });
    else this.#change({ chats: message.chats, more: message.more, find: message.find, problem: "" });
  }

  #change(change: Partial<Shown>): void {
    this.#shown = { ...this.#shown, ...change };
    this.view.tell(this.#shown);
    const chats = this.#shown.chats ?? [];
    const { number } = formatsFor(navigator.language);
    const replying = countOf(chats, "replying");
    this.line.textContent = replying ? words.statusReplying(number(replying)) : words.statusChats;
    this.line.hidden = !this.#shown.connected;
  }

  /** A chat that is open already is gone to, and not opened twice. */
  #open({ conversation }: ShelfChat): void {
    const there = `.cvd-root[data-conversation="${CSS.escape(conversation)}"]:not(.cvd-static *)`;
    const shows = ({ node }: Widget) => node.querySelector(there) !== null;
    const open = [...openTabs].find(shows) ?? this.#tracker?.find(shows);
    if (open) this.#app.shell.activateById(open.id);
    else void this.#app.commands.execute("convend:open", { conversation });
  }

  async #rename(chat: ShelfChat): Promise<void> {
    const { conversation, title } = chat;
    const { button, value } = await InputDialog.getText({
      title: words.renameTitle,
      label: words.renameLabel,
      text: title,
    });
    this.view.backTo("rename", chat);
    if (!button.accept || value === null) return;
    const name = value.replace(/\s+/g, " ").trim().slice(0, LONGEST_TITLE);
    this.#link.ask({ do: "rename", conversation, title: name });
  }

  async #start(): Promise<void> {
    try {
      await this.#link.start();
    } catch (error) {
      console.warn("convend: no kernel could tell of the chats", error);
      this.#change({ problem: words.startFailed });
    }
  }
}

/** A real button, so that it has a place in the order of Tab. */
function statusLine(): HTMLButtonElement {
  const line = document.createElement("button");
  line.type = "button";
  line.className = "cvd-shelf-line";
  line.title = words.showChats;
  line.hidden = true;
  return line;
}

export const shelf: Plugin = {
  id: "convend-widget:shelf",
  description: "A sidebar with the chats of the store, and their state in the status bar.",
  autoStart: true,
  optional: present(WISHES),
  activate(app: JupyterFrontEnd, ...given: unknown[]) {
    const [tracker, palette, restorer, bar] = placed(WISHES, given) as [
      NotebookTracker | null,
      Palette | null,
      LayoutRestorer | null,
      StatusBar | null,
    ];
    const { view, line } = new ShelfDesk(app, tracker);
    view.id = "convend-shelf";
    view.title.icon = icon;
    view.title.caption = words.chats;
    app.shell.add(view, "left", { rank: 700 });
    restorer?.add(view, view.id);
    app.commands.addCommand(SHOW, { label: words.showChats, icon, execute: () => app.shell.activateById(view.id) });
    palette?.addItem({ command: SHOW, category: words.category });
    bar?.registerStatusItem("convend:status", { item: new Widget({ node: line }), align: "left", rank: 90 });
  },
};
