/** Saved conversations without a kernel: outputs of `application/vnd.convend+json`, and files `*.convend.json`. */
import { ILayoutRestorer, type JupyterFrontEnd, type LayoutRestorer, type Plugin } from "@jupyterlab/application";
import { WidgetTracker } from "@jupyterlab/apputils";
import { ABCWidgetFactory, type DocumentContext, DocumentWidget } from "@jupyterlab/docregistry";
import { IRenderMimeRegistry, type MimeModel, type RenderMime } from "@jupyterlab/rendermime";
import { Widget } from "@lumino/widgets";
import { MIME, type Read, readDocument, readText } from "./document";
import { icon } from "./icon";
import { Paper } from "./paper";
import { preferences } from "./preferences";
import { words } from "./strings";

const FACTORY = "Convend";
const TYPE = "convend";
/** Before `text/html`, which every such output has for hosts that do not know it: its rank is 50. */
const RANK = 30;

/** As the rules in `panel.css` have it, which hide the output. */
function belowLivePanel(node: HTMLElement): boolean {
  const above = node.closest(".jp-OutputArea-child")?.previousElementSibling;
  const alive = above?.querySelector(".cvd-root:not(.cvd-copy *)");
  return alive != null || above?.previousElementSibling?.querySelector(".cvd-pair") != null;
}

/**
 * One saved conversation. It is drawn when it comes into sight: most are below a live panel, and hidden. A live panel may
 * come later than the copy below it: what was drawn until then goes again.
 */
class Page extends Widget {
  readonly #paper = new Paper(this.node, preferences.values);
  readonly #leave = preferences.onChange(() => this.#draw());
  readonly #observer = new IntersectionObserver((entries) => this.#look(entries.some((each) => each.isIntersecting)));
  #read: Read | null = null;
  #seen = false;

  constructor() {
    super();
    this.#observer.observe(this.node);
  }

  /** What is to be shown. `anew`: it need not go on from what is shown, where settled messages never change. */
  take(read: Read, anew = false): void {
    this.#read = read;
    if (anew) this.#paper.clear();
    this.#draw();
  }

  override dispose(): void {
    this.#observer.disconnect();
    this.#leave();
    this.#paper.dispose();
    super.dispose();
  }

  #look(seen: boolean): void {
    this.#seen = seen;
    if (!seen && belowLivePanel(this.node)) this.#paper.clear();
    this.#draw();
  }

  #draw(): void {
    if (this.#seen && this.#read) this.#paper.show(this.#read, preferences.values);
  }
}

/** An output. Its class is that of the saved HTML: the live view above it hides either. */
class Output extends Page {
  constructor() {
    super();
    this.addClass("cvd-static");
    this.node.style.minHeight = "1px"; // what has no height is never in sight
  }

  async renderModel(model: MimeModel): Promise<void> {
    const read = readDocument(model.data[MIME], words);
    if ("copy" in read) this.node.setAttribute("data-conversation", read.copy.chat.conversation);
    this.take(read);
  }
}

class Viewer extends Page {
  constructor(context: DocumentContext) {
    super();
    this.addClass("cvd-viewer");
    const read = () => this.take(readText(context.model.toString(), words), true); // anybody may have written the file
    context.ready.then(() => {
      if (this.isDisposed) return;
      read();
      context.model.contentChanged.connect(read);
    });
  }
}

class ViewerFactory extends ABCWidgetFactory {
  protected override createNewWidget(context: DocumentContext): DocumentWidget {
    return new DocumentWidget({ content: new Viewer(context), context });
  }
}

export const documents: Plugin = {
  id: "convend-widget:documents",
  description: "Shows saved conversations without a kernel.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ILayoutRestorer].filter(Boolean),
  activate(app: JupyterFrontEnd, rendermime: RenderMime, restorer: LayoutRestorer | null) {
    rendermime.addFactory({ safe: true, mimeTypes: [MIME], defaultRank: RANK, createRenderer: () => new Output() });
    app.docRegistry.addFileType({
      name: TYPE,
      displayName: words.fileType,
      mimeTypes: [MIME],
      extensions: [".convend.json"],
      fileFormat: "text",
      contentType: "file",
      icon,
    });
    const factory = new ViewerFactory({
      name: FACTORY,
      label: words.viewer,
      fileTypes: [TYPE],
      defaultFor: [TYPE],
      readOnly: true,
    });
    const tracker = new WidgetTracker({ namespace: "convend-documents" });
    factory.widgetCreated.connect((_, widget) => {
      widget.title.icon = icon;
      widget.context.pathChanged.connect(() => void tracker.save(widget));
      void tracker.add(widget);
    });
    app.docRegistry.addWidgetFactory(factory);
    restorer?.restore(tracker, {
      command: "docmanager:open",
      args: (widget) => ({ path: (widget as DocumentWidget).context.path, factory: FACTORY }),
      name: (widget) => (widget as DocumentWidget).context.path,
    });
  },
};
