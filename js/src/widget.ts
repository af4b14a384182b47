/**
 * The loader. Hosts save this text with every widget, so it does one thing: it gets the panel from the kernel over the
 * comm, once a page, checks it, and mounts it. Nothing is ever fetched from a network.
 */
import type { AnyModel, AnyWidget } from "@anywidget/types";
import { bytesOf, chunkOf, type PageChunk, TURN, toHex } from "./core/page_chunks";
import { commTransport, type Transport } from "./core/transport";

interface State {
  conversation: string;
  chunk_name: string;
  chunk_sha256: string;
  /** "" for that of the browser. */
  language: string;
}

interface PanelModule {
  mount(options: { transport: Transport; el: HTMLElement; signal: AbortSignal; language: string }): void;
}

/** Milliseconds before an explanation. */
const PATIENCE = 5_000;

const en = {
  opening: "Opening the chat…",
  late: "The chat waits for the kernel. It opens when the running cell is done. If the kernel was stopped or restarted, run the cell that shows this chat again.",
  failed: "The chat did not load. Run the cell that shows it again; if that does not help, reload the page.",
  again: "Try again",
};
const de: typeof en = {
  opening: "Der Chat wird geöffnet …",
  late: "Der Chat wartet auf den Kernel und öffnet sich, sobald die laufende Zelle fertig ist. Wurde der Kernel beendet oder neu gestartet, hilft es, die Zelle mit dem Chat neu auszuführen.",
  failed: "Der Chat ließ sich nicht laden. Die Zelle neu ausführen; hilft das nicht, die Seite neu laden.",
  again: "Nochmal versuchen",
};

/** One quiet line while the panel is on its way, and what to do if it does not come. */
function quietLine(el: HTMLElement, again: string, retry: () => void): (text: string, offer?: boolean) => void {
  const line = document.createElement("p");
  line.setAttribute("role", "status");
  line.style.cssText = "margin:8px;font:14px/1.5 system-ui,sans-serif";
  const button = document.createElement("button");
  button.textContent = again;
  button.onclick = retry;
  el.replaceChildren(line);
  return (text, offer) => {
    line.className = offer ? "" : "cvd-opening"; // JupyterLab's part hides the saved copy below for so long
    line.replaceChildren(text, ...(offer ? [" ", button] : []));
  };
}

function open(model: AnyModel<State>, transport: Transport, el: HTMLElement, signal: AbortSignal): void {
  const name = model.get("chunk_name");
  const sha256 = model.get("chunk_sha256");
  const language = model.get("language") || navigator.language;
  const words = /^de\b/i.test(language) ? de : en;
  let mounted = false;
  let chunk: PageChunk;
  const ask = () => {
    chunk.asked = true;
    const c = toHex(crypto.getRandomValues(new Uint8Array(16)));
    model.send({ t: "command", c, do: "chunk", name, sha256 });
  };
  const hear = (message: { t?: string; sha256?: string }, buffers: DataView[] = []) => {
    const [data] = buffers;
    if (message?.t === "chunk" && message.sha256 === sha256 && data) chunk.take(bytesOf(data));
  };
  const mount = (module: unknown) => {
    const panel = module as PanelModule;
    model.off("msg:custom", hear);
    if (!signal.aborted && !mounted) panel.mount({ transport, el, signal, language });
    mounted = true;
  };
  const fail = (error: unknown) => {
    console.error(error);
    say(words.failed, true);
  };
  const attempt = () => {
    say(words.opening);
    chunk = chunkOf(sha256);
    const timers = [setTimeout(ask, chunk.asked ? TURN : 0), setTimeout(() => say(words.late, true), PATIENCE)];
    const rest = () => timers.forEach(clearTimeout);
    signal.addEventListener("abort", rest, { once: true });
    chunk.ready.then(mount).catch(fail).finally(rest);
  };
  const say = quietLine(el, words.again, attempt);
  model.on("msg:custom", hear);
  signal.addEventListener("abort", () => model.off("msg:custom", hear), { once: true });
  attempt();
}

const widget: AnyWidget<State> = () => {
  let transport: Transport | undefined; // one for all views: what it hears must outlive each of them
  return {
    initialize({ model }) {
      transport = commTransport(model);
    },
    render({ model, el, signal }) {
      const view = new AbortController();
      signal?.addEventListener("abort", () => view.abort(), { once: true }); // hosts before 0.11 give no signal
      transport ??= commTransport(model);
      open(model, transport, el, view.signal);
      return () => view.abort();
    },
  };
};

export default widget;
