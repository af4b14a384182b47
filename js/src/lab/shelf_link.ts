/**
 * The line to a kernel that tells of its store: that of an open notebook with a live chat, since it has everything
 * loaded; where there is none, one that the person starts for it. No kernel is asked that has no chat, and no server.
 */
import type { Comm, Kernel, Services } from "@jupyterlab/application";
import type { NotebookTracker } from "@jupyterlab/notebook";
import { pythonOf } from "./notebooks";
import { parseShelf, type ShelfMessage } from "./shelf_model";

const TARGET = "convend.shelf";
const SERVE = "from convend_widget.panel import shelf\nshelf.offer()";
/** Where the kernel that was started for the list is remembered, for a reload of the page. */
const REMEMBERED = "convend-shelf-kernel";
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

  constructor(
    services: Services,
    tracker: NotebookTracker | null,
    hear: (message: ShelfMessage) => void,
    changed: () => void,
  ) {
    [this.#services, this.#tracker, this.#hear, this.#changed] = [services, tracker, hear, changed];
    setInterval(() => this.#look(), LOOK);
    void this.#remember();
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
    const kernel = await this.#services.kernels.startNew({ name });
    const { content } = await kernel.requestExecute({ code: SERVE, silent: true, store_history: false }).done;
    if (content.status !== "ok") {
      await kernel.shutdown();
      throw new Error(content.evalue ?? content.status);
    }
    sessionStorage.setItem(REMEMBERED, kernel.id);
    this.#own = kernel;
    this.#look();
  }

  /** After a reload: the kernel that was started before. */
  async #remember(): Promise<void> {
    const id = sessionStorage.getItem(REMEMBERED);
    if (!id) return;
    await this.#services.kernels.refreshRunning();
    const model = [...this.#services.kernels.running()].find((each) => each.id === id);
    if (model) this.#own = this.#services.kernels.connectTo({ model });
    else sessionStorage.removeItem(REMEMBERED);
    this.#look();
  }

  #look(): void {
    if (this.#comm && this.#kernel && isAlive(this.#kernel)) return;
    if (this.#comm) this.#lose();
    const kernel = this.#candidate();
    if (kernel) this.#connect(kernel);
  }

  #candidate(): Kernel | null {
    const kernelOf = (panel: NonNullable<NotebookTracker["currentWidget"]>) =>
      panel.node.querySelector(LIVE) ? (panel.sessionContext.session?.kernel ?? null) : null;
    const current = this.#tracker?.currentWidget;
    const found = current && kernelOf(current) ? current : this.#tracker?.find((panel) => kernelOf(panel) !== null);
    const kernel = (found && kernelOf(found)) ?? this.#own;
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
  !kernel.isDisposed && !["dead", "restarting", "autorestarting", "terminating", "unknown"].includes(kernel.status);
