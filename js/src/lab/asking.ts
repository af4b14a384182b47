/** Asks a kernel for a value, apart from the cells of its notebook: history and variables stay as they are. */
import type { Kernel } from "@jupyterlab/application";
import { record } from "../core/guard";
import { words } from "./strings";

/** How often a question is asked that a failing cell before it took along. */
const TIMES = 5;

/** What the kernel raised, with words for the person. */
export class Raised extends Error {}

/**
 * The value of a Python expression as JSON: what its `_repr_json_` tells; `null` for any other value. It waits for
 * running cells. Rejects with `Raised`, and where the kernel goes meanwhile.
 */
export async function ask(kernel: Kernel, expression: string): Promise<unknown> {
  for (let time = 1; ; time++) {
    const user_expressions = { answer: expression };
    const asked = kernel.requestExecute({ code: "", silent: true, store_history: false, user_expressions });
    const { content } = await asked.done;
    if (content.status === "aborted" && time < TIMES) continue; // a cell before it failed, and took it along
    const answer = content.user_expressions?.answer;
    if (answer?.status === "ok" && record(answer.data)) return answer.data["application/json"] ?? null;
    const { ename, evalue } = answer ?? content;
    throw new Raised(wordsFor(ename ?? "", evalue ?? content.status));
  }
}

/** A package that is not there, or too old for this part of it, is said in words of ours. */
export function wordsFor(ename: string, evalue: string): string {
  if (ename !== "ModuleNotFoundError") return evalue;
  const missing = /'([\w.]+)'/.exec(evalue)?.[1] ?? "";
  if (missing === "convend_widget") return words.packageMissing;
  return missing.startsWith("convend_widget.") ? words.packageOlder : evalue;
}
