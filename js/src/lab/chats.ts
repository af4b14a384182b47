/** Commands, palette and launcher: a new chat, a stored one, a rehearsed lesson; and what the chat in sight can do. */

import scenarios from "convend:scenarios";
import type { JupyterFrontEnd, Plugin } from "@jupyterlab/application";
import { ICommandPalette, InputDialog, Notification, type Palette, showErrorMessage } from "@jupyterlab/apputils";
import { type FileBrowser, IDefaultFileBrowser } from "@jupyterlab/filebrowser";
import { ILauncher, type Launcher } from "@jupyterlab/launcher";
import { INotebookTracker, type NotebookPanel, type NotebookTracker } from "@jupyterlab/notebook";
import { openTabs } from "./beside";
import { freeName, newChat, openChat, playScenario, quoted } from "./cells";
import { icon } from "./icon";
import { namesIn, openNotebook } from "./notebooks";
import { preferences } from "./preferences";
import { words } from "./strings";
import { placed, present } from "./tokens";

const WISHES = [ICommandPalette, ILauncher, IDefaultFileBrowser, INotebookTracker];
const FORMATS = [".html", ".md", ".convend.json", ".csv"];

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const idOf = (value: unknown): string => (/^[\w.-]{1,100}$/.test(textOf(value)) ? textOf(value) : "");

class Chats {
  readonly #app: JupyterFrontEnd;
  readonly #browser: FileBrowser | null;
  readonly #tracker: NotebookTracker | null;

  constructor(app: JupyterFrontEnd, browser: FileBrowser | null, tracker: NotebookTracker | null) {
    [this.#app, this.#browser, this.#tracker] = [app, browser, tracker];
  }

  get #folder(): string {
    return this.#browser?.model.path ?? "";
  }

  fresh(): Promise<void> {
    return openNotebook(this.#app, this.#folder, words.fileName, [newChat(preferences.values)]);
  }

  /** By its id, which a person may give who has it from elsewhere. */
  async open(conversation: string): Promise<void> {
    const asked =
      conversation || idOf((await InputDialog.getText({ title: words.open, label: words.openLabel })).value);
    if (asked) await openNotebook(this.#app, this.#folder, words.fileName, [openChat(asked, preferences.values)]);
  }

  async play(scenario: string): Promise<void> {
    const asked = scenario || (await this.#chosen());
    if (scenarios.some(({ name }) => name === asked))
      await openNotebook(this.#app, this.#folder, asked, playScenario(asked, preferences.values));
  }

  async #chosen(): Promise<string> {
    const items = scenarios.map(({ title }) => title);
    const { value } = await InputDialog.getItem({ title: words.play, label: words.playLabel, items });
    return scenarios.find(({ title }) => title === value)?.name ?? "";
  }

  /** The panel's own button, so that it is the same as a press of it. */
  get stopButton(): HTMLElement | null {
    const node = this.#app.shell.currentWidget?.node;
    return (
      node?.querySelector<HTMLElement>(".cvd-root .cvd-button:has(> .cvd-icon-stop):not([aria-disabled=true])") ?? null
    );
  }

  /** A tab with a chat, or the notebook in sight: where it is, and the notebook whose kernel has it. */
  get #here(): { node: HTMLElement; notebook: NotebookPanel } | null {
    const { currentWidget } = this.#app.shell;
    for (const { node, notebook } of openTabs) if (currentWidget?.node === node) return { node, notebook };
    const notebook = this.#tracker?.currentWidget;
    return notebook ? { node: notebook.node, notebook } : null;
  }

  /** The conversation in sight: of the panel that has the focus, else of the last. */
  get conversation(): string {
    const panels = [...(this.#here?.node.querySelectorAll(".cvd-root[data-conversation]") ?? [])];
    const focused = panels.find((each) => each.contains(document.activeElement));
    return idOf((focused ?? panels.at(-1))?.getAttribute("data-conversation"));
  }

  /** By the notebook's kernel, into the notebook's folder. */
  async export(format: string): Promise<void> {
    const notebook = this.#here?.notebook;
    const kernel = notebook?.sessionContext.session?.kernel;
    const { conversation } = this;
    if (!kernel || !conversation) return showErrorMessage(words.exportTitle, words.exportNothing);
    const items = FORMATS;
    const ending =
      format || (await InputDialog.getItem({ title: words.exportTitle, label: words.exportLabel, items })).value;
    if (!ending || !items.includes(ending)) return;
    const folder = notebook.context.path.split("/").slice(0, -1).join("/");
    const file = freeName(await namesIn(this.#app.serviceManager, folder), words.fileName, ending);
    const code = `import convend_widget as cw\ncw.open(${quoted(conversation)}).export(${quoted(file)})`;
    const { content } = await kernel.requestExecute({ code, silent: true, store_history: false }).done;
    if (content.status === "ok") Notification.success(words.exported(file));
    else await showErrorMessage(words.exportTitle, content.evalue ?? words.exportFailed);
  }
}

function addCommands({ commands }: JupyterFrontEnd, chats: Chats): void {
  const add = (
    id: string,
    label: string,
    execute: (args: Record<string, unknown>) => unknown,
    isEnabled?: () => boolean,
  ) => commands.addCommand(id, { label, icon, execute, ...(isEnabled ? { isEnabled } : {}) });
  add("convend:new-chat", words.newChat, () => chats.fresh());
  add("convend:open", words.open, ({ conversation }) => chats.open(idOf(conversation)));
  add("convend:play-scenario", words.play, ({ scenario }) => chats.play(textOf(scenario)));
  add(
    "convend:stop",
    words.stop,
    () => chats.stopButton?.click(),
    () => chats.stopButton !== null,
  );
  add(
    "convend:export",
    words.exportTitle,
    ({ format }) => chats.export(textOf(format)),
    () => chats.conversation !== "",
  );
}

export const COMMANDS = ["new-chat", "open", "play-scenario", "stop", "export"].map((name) => `convend:${name}`);

export const chats: Plugin = {
  id: "convend-widget:chats",
  description: "Commands for chats, in the palette and the launcher.",
  autoStart: true,
  optional: present(WISHES),
  activate(app: JupyterFrontEnd, ...given: unknown[]) {
    const [palette, launcher, browser, tracker] = placed(WISHES, given) as [
      Palette | null,
      Launcher | null,
      FileBrowser | null,
      NotebookTracker | null,
    ];
    addCommands(app, new Chats(app, browser, tracker));
    for (const command of COMMANDS) palette?.addItem({ command, category: words.category });
    launcher?.add({ command: "convend:new-chat", category: "Other", rank: 0 });
  },
};
