/** A new chat in a tab beside the notebook in sight, in its kernel; and such tabs after a reload of the page. */
import { ILayoutRestorer, type JupyterFrontEnd, type LayoutRestorer, type Plugin } from "@jupyterlab/application";
import { ICommandPalette, type Palette, WidgetTracker } from "@jupyterlab/apputils";
import { INotebookTracker, type NotebookPanel, type NotebookTracker } from "@jupyterlab/notebook";
import { fields, text } from "../core/guard";
import { icon } from "./icon";
import { words } from "./strings";
import { ChatTab } from "./tab";
import { placed, present } from "./tokens";

export const BESIDE = "convend:new-chat-beside";
const RESTORE = "convend:restore-tab";
const WISHES = [INotebookTracker, ICommandPalette, ILayoutRestorer];

/** Those that are open, for whoever wants to know which chat is where. */
export const openTabs = new Set<ChatTab>();

/** The notebook in sight, where its kernel speaks Python. */
export function hostFor({ serviceManager }: JupyterFrontEnd, tracker: NotebookTracker | null): NotebookPanel | null {
  const panel = tracker?.currentWidget;
  const name = panel?.sessionContext.session?.kernel?.name;
  const language = name && serviceManager.kernelspecs.specs?.kernelspecs[name]?.language;
  return panel && language === "python" ? panel : null;
}

/** What is kept of a tab for a reload of the page. */
interface Kept {
  path: string;
  conversation: string;
  model: string;
  id: string;
}
const isKept = fields<Kept>({ path: text, conversation: text, model: text, id: text });

class Tabs {
  readonly kept = new WidgetTracker({ namespace: "convend-tabs" });
  readonly #app: JupyterFrontEnd;
  readonly #tracker: NotebookTracker;

  constructor(app: JupyterFrontEnd, tracker: NotebookTracker) {
    [this.#app, this.#tracker] = [app, tracker];
  }

  /** The stored conversation, or with "" a new one. */
  async begin(conversation: string): Promise<void> {
    const notebook = hostFor(this.#app, this.#tracker);
    if (!notebook) return;
    const tab = this.#add(new ChatTab(notebook, conversation), notebook.id);
    this.#app.shell.activateById(tab.id);
    await tab.begin();
  }

  /** In the place that the layout had it in. Where its notebook did not come back there is nothing to restore. */
  restore({ path, conversation, model, id }: Kept): void {
    const notebook = this.#tracker.find(({ context }) => context.path === path);
    if (notebook) void this.#add(new ChatTab(notebook, conversation, id)).comeBack(model);
  }

  #add(tab: ChatTab, beside?: string): ChatTab {
    openTabs.add(tab);
    tab.disposed.connect(() => openTabs.delete(tab));
    tab.onChange = () => void this.kept.save(tab);
    this.#app.shell.add(tab, "main", beside ? { mode: "split-right", ref: beside } : {});
    void this.kept.add(tab);
    return tab;
  }
}

export const beside: Plugin = {
  id: "convend-widget:beside",
  description: "Chats in a tab beside a notebook, in its kernel.",
  autoStart: true,
  optional: present(WISHES),
  activate(app: JupyterFrontEnd, ...given: unknown[]) {
    type Given = [NotebookTracker | null, Palette | null, LayoutRestorer | null];
    const [tracker, palette, restorer] = placed(WISHES, given) as Given;
    if (!tracker) return; // Voila has no notebooks to be beside
    const tabs = new Tabs(app, tracker);
    app.commands.addCommand(BESIDE, {
      label: words.beside,
      icon,
      execute: ({ conversation }) => tabs.begin(text(conversation) ? conversation : ""),
      isEnabled: () => hostFor(app, tracker) !== null,
    });
    app.commands.addCommand(RESTORE, {
      label: words.beside,
      execute: (kept) => isKept(kept) && tabs.restore(kept),
    });
    const tell = () => app.commands.notifyCommandChanged(BESIDE);
    tracker.currentChanged.connect((_, notebook) => {
      tell();
      notebook?.sessionContext.ready.then(tell); // its kernel may be on its way
    });
    palette?.addItem({ command: BESIDE, category: words.category });
    restorer?.restore(tabs.kept, {
      command: RESTORE,
      args: (widget) => {
        const { notebook, conversation, model, id } = widget as ChatTab;
        return { path: notebook.context.path, conversation, model, id };
      },
      name: (widget) => widget.id,
      when: tracker.restored,
    });
  },
};
