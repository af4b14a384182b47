import type { ExecuteReply, Kernel } from "@jupyterlab/application";
import { expect, test } from "vitest";
import { ask, Raised } from "../../src/lab/asking";
import { stringsFor } from "../../src/lab/strings";

const words = stringsFor("en");

/** A kernel that gives these replies, one after the other; what it was asked goes into `asked`. */
function kernelOf(replies: ExecuteReply[], asked: object[] = []): Kernel {
  const requestExecute = (content: object) => {
    asked.push(content);
    const [reply] = replies.length > 1 ? replies.splice(0, 1) : replies;
    return { done: Promise.resolve({ content: reply as ExecuteReply }) };
  };
  return { requestExecute } as unknown as Kernel;
}

const answered = (data: object): ExecuteReply => ({
  status: "ok",
  user_expressions: { answer: { status: "ok", data } },
});
const raised = (ename: string, evalue: string): ExecuteReply => ({
  status: "ok",
  user_expressions: { answer: { status: "error", ename, evalue } },
});

test("a kernel is asked apart from its history, and tells JSON or nothing", async () => {
  const asked: object[] = [];
  expect(await ask(kernelOf([answered({ "application/json": { a: 1 } })], asked), "f(1)")).toEqual({ a: 1 });
  expect(asked).toEqual([{ code: "", silent: true, store_history: false, user_expressions: { answer: "f(1)" } }]);
  expect(await ask(kernelOf([answered({ "text/plain": "None" })]), "f(1)")).toBeNull();
});

test("what a failing cell took along is asked again, and not for ever", async () => {
  const aborted = { status: "aborted" };
  expect(await ask(kernelOf([aborted, aborted, answered({ "application/json": [] })]), "f()")).toEqual([]);
  await expect(ask(kernelOf([aborted]), "f()")).rejects.toThrow("aborted");
});

test.each([
  ["no package", "ModuleNotFoundError", "No module named 'convend_widget'", words.packageMissing],
  ["an older package", "ModuleNotFoundError", "No module named 'convend_widget.tabs'", words.packageOlder],
  ["something else missing", "ModuleNotFoundError", "No module named 'httpx2'", "No module named 'httpx2'"],
  ["what the package refuses", "SettingsError", "theme cannot be 'pink'.", "theme cannot be 'pink'."],
])("%s is said in clear words", async (_, ename, evalue, said) => {
  const asking = ask(kernelOf([raised(ename, evalue)]), "f()");
  await expect(asking).rejects.toThrow(said);
  await expect(asking).rejects.toBeInstanceOf(Raised);
});
