/**
 * Lab's own packages, as it shares them with extensions: one of each on the page, whatever version it is. They are
 * fetched before the extension is run; one that a host does not have (Notebook 7 has no launcher) is empty, so that
 * what it would have exported is `undefined`, and its plugin's token is left out.
 */

interface Version {
  get(): Promise<() => unknown> | (() => unknown);
  loaded?: unknown;
}

/** By package, then by version: see the container interface of module federation. */
export type ShareScope = Record<string, Record<string, Version> | undefined>;

export const WANTED = [
  "@jupyterlab/application",
  "@jupyterlab/apputils",
  "@jupyterlab/docregistry",
  "@jupyterlab/filebrowser",
  "@jupyterlab/launcher",
  "@jupyterlab/notebook",
  "@jupyterlab/rendermime",
  "@jupyterlab/settingregistry",
  "@jupyterlab/statusbar",
  "@jupyterlab/ui-components",
  "@lumino/widgets",
] as const;

const here = new Map<string, unknown>();

/** Whether version `a` is older than `b`, by its numbers. */
export function isOlder(a: string, b: string): boolean {
  const [first, second] = [a, b].map((version) => version.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0));
  for (let at = 0; at < 3; at++) {
    const difference = (first?.[at] ?? 0) - (second?.[at] ?? 0);
    if (difference) return difference < 0;
  }
  return false;
}

/** The one that runs already, else the newest: as everybody else on the page chooses. */
export function chosen(versions: Record<string, Version>): Version | undefined {
  let best: string | undefined;
  for (const version of Object.keys(versions))
    if (best === undefined || (!versions[best]?.loaded && (versions[version]?.loaded || isOlder(best, version))))
      best = version;
  return best === undefined ? undefined : versions[best];
}

export async function fetchShared(scope: ShareScope): Promise<void> {
  const fetch = async (name: string) => {
    const version = chosen(scope[name] ?? {});
    const module = version && (await version.get())();
    here.set(name, module ?? {});
  };
  await Promise.all(WANTED.map(fetch));
}

/** What stands for an `import` of a package of Lab's: see js/labextension.mjs. */
export function shared(name: string): unknown {
  const module = here.get(name);
  if (module === undefined) throw new Error(`convend: ${name} is not in the list of js/src/lab/shared.ts`);
  return module;
}
