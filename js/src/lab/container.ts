/**
 * The container that Lab loads: the few lines that its extensions have in common, without the build tools that usually
 * write them. Lab calls `init` with what it shares, then `get` for the module that package.json names.
 */

import { standHere } from "./parts";
import { fetchShared, type ShareScope } from "./shared";

const page = window as typeof window & { _JUPYTERLAB?: Record<string, unknown> };
standHere(document.currentScript);

let ready: Promise<void> | undefined;

page._JUPYTERLAB ??= {};
page._JUPYTERLAB["convend-widget"] = {
  init(scope: ShareScope): void {
    ready ??= fetchShared(scope);
  },
  async get(module: string): Promise<() => object> {
    if (module !== "./extension") throw new Error(`convend: there is no module ${module}`);
    await ready;
    const { plugins } = await import("./extension");
    return () => ({ __esModule: true, default: plugins });
  },
};
