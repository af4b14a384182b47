/** Opens a new notebook with a few cells, and runs them. */
import type { JupyterFrontEnd, Services } from "@jupyterlab/application";
import { showErrorMessage } from "@jupyterlab/apputils";
import { NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import { freeName, notebookOf } from "./cells";
import { words } from "./strings";

/** The kernel of this machine that speaks Python: the usual one, if it does. */
export function pythonOf(specs: Services["kernelspecs"]["specs"]): string | null {
  const known = Object.entries(specs?.kernelspecs ?? {}).filter(([, spec]) => spec?.language === "python");
  const usual = known.find(([name]) => name === specs?.default);
  return (usual ?? known[0])?.[0] ?? null;
}

export async function namesIn(services: Services, folder: string): Promise<Set<string>> {
  const { content } = await services.contents.get(folder, { content: true, type: "directory" });
  return new Set((content as { name: string }[]).map(({ name }) => name));
}

const isNotebook = (opened: unknown): opened is NotebookPanel =>
  typeof opened === "object" && opened !== null && "sessionContext" in opened;

/** In Notebook 7 it opens in a tab of the browser of its own, where its cells wait to be run. */
export async function openNotebook(
  { serviceManager, commands }: JupyterFrontEnd,
  folder: string,
  name: string,
  cells: readonly string[],
): Promise<void> {
  await serviceManager.kernelspecs.ready;
  const kernel = pythonOf(serviceManager.kernelspecs.specs);
  if (kernel === null) {
    await showErrorMessage(words.noPythonTitle, words.noPython);
    return;
  }
  const file = freeName(await namesIn(serviceManager, folder), name, ".ipynb");
  const path = folder ? `${folder}/${file}` : file;
  await serviceManager.contents.save(path, {
    type: "notebook",
    format: "json",
    content: notebookOf(cells, kernel, "python"),
  });
  const opened = await commands.execute("docmanager:open", { path, factory: "Notebook", kernel: { name: kernel } });
  if (!isNotebook(opened)) return;
  await Promise.all([opened.context.ready, opened.sessionContext.ready]);
  await NotebookActions.runAll(opened.content, opened.sessionContext); // this one, wherever the person is by now
}
