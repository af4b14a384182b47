/**
 * What is used of JupyterLab 4, and no more. Its own packages are 330 MB to install and are never bundled, so they are no
 * dependency; these lines were compared with the types of 4.6, and tests/ui drives every one of them in a real Lab.
 */

declare module "@lumino/widgets" {
  import type { Signal } from "@jupyterlab/application";

  export class Title {
    label: string;
    caption: string;
    icon: unknown;
    iconClass: string;
    closable: boolean;
  }
  export class Widget {
    constructor(options?: { node?: HTMLElement });
    readonly node: HTMLElement;
    readonly title: Title;
    readonly isDisposed: boolean;
    readonly isVisible: boolean;
    readonly disposed: Signal<Widget, unknown>;
    id: string;
    addClass(name: string): void;
    dispose(): void;
    activate(): void;
    // Not used, but not to be overridden unawares either.
    show(): void;
    hide(): void;
    update(): void;
    close(): void;
    protected onActivateRequest(message: object): void;
    protected onAfterShow(message: object): void;
    protected onAfterHide(message: object): void;
    protected onCloseRequest(message: object): void;
  }
  export class Panel extends Widget {
    addWidget(widget: Widget): void;
  }
}

declare module "@jupyterlab/ui-components" {
  export class LabIcon {
    constructor(options: { name: string; svgstr: string });
  }
}

declare module "@jupyterlab/application" {
  import type { Widget } from "@lumino/widgets";

  export interface Token<T> {
    readonly name: string;
    readonly type?: T;
  }
  export interface Signal<Sender, Args> {
    connect(slot: (sender: Sender, args: Args) => void, thisArg?: unknown): boolean;
    disconnect(slot: (sender: Sender, args: Args) => void, thisArg?: unknown): boolean;
  }
  export type JSONValue = string | number | boolean | null | JSONValue[] | { [name: string]: JSONValue };
  export interface CommandOptions {
    label: string | ((args: Record<string, unknown>) => string);
    caption?: string;
    icon?: unknown;
    execute(args: Record<string, unknown>): unknown;
    isEnabled?(args: Record<string, unknown>): boolean;
    describedBy?: { args: unknown };
  }
  export interface Commands {
    addCommand(id: string, options: CommandOptions): unknown;
    execute(id: string, args?: Record<string, unknown>): Promise<unknown>;
    hasCommand(id: string): boolean;
    isEnabled(id: string): boolean;
    readonly commandChanged: Signal<unknown, { readonly id?: string }>;
    notifyCommandChanged(id?: string): void;
  }
  export interface ContentsModel {
    name: string;
    path: string;
    content: unknown;
  }
  export interface Contents {
    get(path: string, options?: { content?: boolean; type?: string }): Promise<ContentsModel>;
    save(path: string, model: { type: string; format: string; content: unknown }): Promise<ContentsModel>;
  }
  export interface Comm {
    onMsg: (message: { content: { data: unknown } }) => void;
    onClose: (message: unknown) => void;
    open(data?: JSONValue): unknown;
    send(data: JSONValue): unknown;
    close(): unknown;
    readonly isDisposed: boolean;
  }
  export interface KernelModel {
    readonly id: string;
    readonly name: string;
  }
  interface Answered {
    status: string;
    ename?: string;
    evalue?: string;
  }
  export interface ExecuteReply extends Answered {
    user_expressions?: { readonly answer?: Answered & { data?: unknown } };
  }
  export interface Kernel extends KernelModel {
    readonly status: string;
    readonly isDisposed: boolean;
    /** Of several connections of a page to one kernel, one has the comms. */
    readonly handleComms: boolean;
    createComm(target: string): Comm;
    requestExecute(content: {
      code: string;
      silent?: boolean;
      store_history?: boolean;
      user_expressions?: Record<string, string>;
    }): { readonly done: Promise<{ content: ExecuteReply }> };
  }
  export interface SessionModel {
    readonly path: string;
    readonly kernel: KernelModel | null;
  }
  export interface Session {
    readonly kernel: Kernel | null;
    shutdown(): Promise<void>;
  }
  export interface Services {
    readonly contents: Contents;
    readonly sessions: {
      running(): Iterable<SessionModel>;
      refreshRunning(): Promise<void>;
      readonly runningChanged: Signal<unknown, unknown>;
      connectTo(options: { model: SessionModel }): Session;
      startNew(options: { name: string; path: string; type: string; kernel: { name: string } }): Promise<Session>;
    };
    readonly kernelspecs: {
      readonly ready: Promise<void>;
      readonly specs: {
        readonly default: string;
        readonly kernelspecs: Record<string, { readonly language: string } | undefined>;
      } | null;
    };
  }
  export interface Shell {
    readonly currentWidget: Widget | null;
    add(widget: Widget, area?: string, options?: { rank?: number; mode?: "split-right"; ref?: string }): void;
    activateById(id: string): void;
    readonly currentChanged?: Signal<unknown, unknown>;
  }
  export interface FileType {
    name: string;
    displayName: string;
    mimeTypes: string[];
    extensions: string[];
    fileFormat: "text";
    contentType: "file";
    icon: unknown;
  }
  export interface JupyterFrontEnd {
    readonly commands: Commands;
    readonly shell: Shell;
    readonly serviceManager: Services;
    readonly restored: Promise<void>;
    readonly docRegistry: {
      addFileType(type: FileType): unknown;
      addWidgetFactory(factory: object): unknown;
    };
  }
  export interface Plugin {
    id: string;
    description: string;
    autoStart: boolean;
    requires?: Token<unknown>[];
    optional?: Token<unknown>[];
    // biome-ignore lint/suspicious/noExplicitAny: each plugin names the types of its own tokens
    activate(app: JupyterFrontEnd, ...services: any[]): void | Promise<void>;
  }
  export interface LayoutRestorer {
    add(widget: Widget, name: string): void;
    restore(
      tracker: object,
      options: {
        command: string;
        args(widget: Widget): Record<string, JSONValue>;
        name(widget: Widget): string;
        when?: Promise<void>;
      },
    ): unknown;
  }
  export const ILayoutRestorer: Token<LayoutRestorer>;
  export const ILabShell: Token<Shell>;
}

declare module "@jupyterlab/apputils" {
  import type { Token } from "@jupyterlab/application";
  import type { Widget } from "@lumino/widgets";

  export interface Palette {
    addItem(item: { command: string; category: string; args?: Record<string, unknown> }): unknown;
  }
  export const ICommandPalette: Token<Palette>;
  export class WidgetTracker {
    constructor(options: { namespace: string });
    add(widget: Widget): Promise<void>;
    save(widget: Widget): Promise<void>;
  }
  export interface Result<T> {
    readonly button: { readonly accept: boolean };
    readonly value: T | null;
  }
  export namespace InputDialog {
    function getItem(options: { title: string; label?: string; items: string[] }): Promise<Result<string>>;
    function getText(options: { title: string; label?: string; text?: string }): Promise<Result<string>>;
  }
  export namespace Notification {
    function success(message: string): string;
  }
  export function showErrorMessage(title: string, error: string): Promise<void>;
}

declare module "@jupyterlab/docregistry" {
  import type { Signal } from "@jupyterlab/application";
  import { Widget } from "@lumino/widgets";

  export interface DocumentContext {
    readonly path: string;
    readonly ready: Promise<void>;
    readonly model: {
      toString(): string;
      readonly contentChanged: Signal<unknown, unknown>;
    };
  }
  export class DocumentWidget extends Widget {
    constructor(options: { content: Widget; context: DocumentContext });
    readonly content: Widget;
    readonly context: DocumentContext & { readonly pathChanged: Signal<unknown, unknown> };
  }
  export abstract class ABCWidgetFactory {
    constructor(options: {
      name: string;
      label?: string;
      fileTypes: string[];
      defaultFor?: string[];
      readOnly?: boolean;
    });
    readonly widgetCreated: Signal<unknown, DocumentWidget>;
    protected abstract createNewWidget(context: DocumentContext): DocumentWidget;
  }
}

declare module "@jupyterlab/filebrowser" {
  import type { Token } from "@jupyterlab/application";

  export interface FileBrowser {
    readonly model: { readonly path: string };
  }
  export const IDefaultFileBrowser: Token<FileBrowser>;
}

declare module "@jupyterlab/launcher" {
  import type { Token } from "@jupyterlab/application";

  export interface Launcher {
    add(item: { command: string; category?: string; rank?: number; args?: Record<string, unknown> }): unknown;
  }
  export const ILauncher: Token<Launcher>;
}

declare module "@jupyterlab/notebook" {
  import type { Kernel, Signal, Token } from "@jupyterlab/application";
  import type { RenderMime } from "@jupyterlab/rendermime";
  import type { Widget } from "@lumino/widgets";

  export interface SessionContext {
    readonly ready: Promise<void>;
    readonly session: { readonly kernel: Kernel | null } | null;
    readonly statusChanged: Signal<SessionContext, unknown>;
  }
  export interface NotebookPanel extends Widget {
    readonly content: Widget & { readonly rendermime: RenderMime };
    readonly context: { readonly path: string; readonly ready: Promise<void> };
    readonly sessionContext: SessionContext;
  }
  export namespace NotebookActions {
    function runAll(notebook: Widget, sessionContext: SessionContext): Promise<boolean>;
  }
  export interface NotebookTracker {
    readonly currentWidget: NotebookPanel | null;
    find(fits: (panel: NotebookPanel) => boolean): NotebookPanel | undefined;
    readonly currentChanged: Signal<unknown, NotebookPanel | null>;
    readonly restored: Promise<void>;
  }
  export const INotebookTracker: Token<NotebookTracker>;
}

declare module "@jupyterlab/rendermime" {
  import type { Token } from "@jupyterlab/application";
  import type { Widget } from "@lumino/widgets";

  export class MimeModel {
    constructor(options: { data: Record<string, unknown>; trusted: boolean });
    readonly data: Readonly<Record<string, unknown>>;
  }
  export interface RenderMime {
    addFactory(factory: {
      safe: boolean;
      mimeTypes: string[];
      defaultRank: number;
      createRenderer(): { renderModel(model: MimeModel): Promise<void> };
    }): void;
    readonly mimeTypes: readonly string[];
    createRenderer(mimeType: string): Widget & { renderModel(model: MimeModel): Promise<void> };
  }
  export const IRenderMimeRegistry: Token<RenderMime>;
}

declare module "@jupyterlab/settingregistry" {
  import type { Signal, Token } from "@jupyterlab/application";

  export interface Settings {
    readonly composite: Readonly<Record<string, unknown>>;
    readonly changed: Signal<Settings, unknown>;
  }
  export interface SettingRegistry {
    load(plugin: string): Promise<Settings>;
  }
  export const ISettingRegistry: Token<SettingRegistry>;
}

declare module "@jupyterlab/statusbar" {
  import type { Signal, Token } from "@jupyterlab/application";
  import type { Widget } from "@lumino/widgets";

  export interface StatusBar {
    registerStatusItem(
      id: string,
      item: {
        item: Widget;
        align: "left" | "right";
        rank: number;
        isActive?(): boolean;
        activeStateChanged?: Signal<unknown, unknown>;
      },
    ): unknown;
  }
  export const IStatusBar: Token<StatusBar>;
}

declare module "convend:scenarios" {
  /** Those that ship, in the order of a course. */
  const scenarios: readonly { name: string; title: string }[];
  export default scenarios;
}
