/**
 * The line to a kernel that tells of its store: that of an open notebook with a live chat, since it has everything
 * loaded; where there is none, one that the person starts for it. No kernel is asked that has no chat, and no server.
 */
import type { Comm, Kernel, Services } from "@jupyterlab/application";
import type { NotebookPanel, NotebookTracker } from "@jupyterlab/notebook";
import { openTabs } from "./beside";
import { pythonOf } from "./notebooks";
import { parseShelf, type ShelfMessage } from "./shelf_model";
import { words } from "./strings";

const TARGET = "convend.shelf";
const SERVE = "from convend_widget.panel import shelf\nshelf.offer()";
/**
 * The path of the session that a kernel for the list gets: one a server, whichever page has started it. By its name a
 * person finds it among the running kernels, where it can be ended like any other.
 */
const LIST = "convend-chats";
/** Milliseconds between looks for a kernel. */
const LOOK = 2_000;
/** A panel that lives; a saved copy has no kernel. */
const LIVE = ".cvd-root.cvd-open:not(.cvd-copy .cvd-root)";

export type Ask =
  | { do: "list"; find: string }
  | { do: "rename"; conversation: string; title: string }
  | { do: "archive"; conversation: string; archived: boolean };

export class ShelfLink {
  find = "";
  readonly #services: Services;
  readonly #tracker: NotebookTracker | null;
  readonly #hear: (message: ShelfMessage) => void;
  readonly #changed: () => void;
  #comm: Comm | null = null;
  #kernel: Kernel | null = null;
  #own: Kernel | null = null;
  #starting = false;

  constructor(
    services: Services,
    tracker: NotebookTracker | null,
    hear: (message: ShelfMessage) => void,
    changed: () => void,
  ) {
    [this.#services, this.#tracker, this.#hear, this.#changed] = [services, tracker, hear, changed];
    setInterval(() => this.#look(), LOOK);
    services.sessions.runningChanged.connect(() => this.#adopt());
    services.sessions.refreshRunning().then(() => this.#adopt(), console.warn);
  }

  get connected(): boolean {
    return this.#comm !== null;
  }

  ask(asked: Ask): void {
    if (asked.do === "list") this.find = asked.find;
    try {
      this.#comm?.send({ ...asked });
    } catch {
      this.#lose(); // the kernel is going; another one is looked for
    }
  }

  /** Starts a kernel for the list alone. Rejects where there is no Python, or no convend_widget in it. */
  async start(): Promise<void> {
    await this.#services.kernelspecs.ready;
    const name = pythonOf(this.#services.kernelspecs.specs);
    if (name === null) throw new Error("no Python");
    const asked = { name: words.listName, path: LIST, type: "convend", kernel: { name } };
    this.#starting = true;
    try {
      const session = await this.#services.sessions.startNew(asked);
      const { kernel } = session;
      const served = kernel?.requestExecute({ code: SERVE, silent: true, store_history: false }).done;
      const { content } = (await served) ?? {};
      if (kernel && content?.status === "ok") return this.#take(kernel);
      await session.shutdown();
      throw new Error(content?.evalue ?? "the kernel went");
    } finally {
      this.#starting = false;
    }
  }

  /** One that a page has started already: this one before a reload, or another. */
  #adopt(): void {
    if (this.#starting) return; // a second connection to that kernel would have no comms
    const { sessions } = this.#services;
    const model = [...sessions.running()].find(({ path }) => path === LIST);
    if (!model?.kernel || (model.kernel.id === this.#own?.id && !this.#own.isDisposed)) return;
    const { kernel } = sessions.connectTo({ model });
    if (kernel) this.#take(kernel);
  }

  #take(kernel: Kernel): void {
    this.#own = kernel;
    this.#look();
  }

  #look(): void {
    if (this.#comm && this.#kernel && isAlive(this.#kernel)) return;
    if (this.#comm) this.#lose();
    const kernel = this.#candidate();
    if (kernel) this.#connect(kernel);
  }

  #candidate(): Kernel | null {
    const kernelOf = (panel: NotebookPanel) =>
      panel.node.querySelector(LIVE) ? (panel.sessionContext.session?.kernel ?? null) : null;
    const current = this.#tracker?.currentWidget;
    const found = current && kernelOf(current) ? current : this.#tracker?.find((panel) => kernelOf(panel) !== null);
    const tab = [...openTabs].find(({ model }) => model !== "");
    const kernel = (found && kernelOf(found)) ?? tab?.kernel ?? this.#own;
    return kernel && isAlive(kernel) ? kernel : null;
  }

  #connect(kernel: Kernel): void {
    const comm = kernel.createComm(TARGET);
    comm.onMsg = ({ content }) => {
      const message = parseShelf(content.data);
      if (message) this.#hear(message);
    };
    comm.onClose = () => this.#comm === comm && this.#lose();
    comm.open();
    [this.#comm, this.#kernel] = [comm, kernel];
    this.ask({ do: "list", find: this.find });
    this.#changed();
  }

  #lose(): void {
    [this.#comm, this.#kernel] = [null, null];
    this.#changed();
  }
}

const isAlive = (kernel: Kernel): boolean =>
  !kernel.isDisposed &&
  kernel.handleComms &&
  !["dead", "restarting", "autorestarting", "terminating"].includes(kernel.status);
