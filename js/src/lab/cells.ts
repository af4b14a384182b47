/** The Python of a chat: a new notebook's one cell, where what is set is to be read and changed; or a tab's. Pure. */
import { USUAL, type Values } from "./preferences";

/** A text as Python has it: what JSON makes of one is a Python literal too. */
export const quoted = (text: string): string => JSON.stringify(text);

/** What differs from what the package does by itself, as keyword arguments. */
function argumentsOf(values: Values, more: readonly string[] = []): string {
  const named: [string, string, string][] = [
    ["model", values.model, USUAL.model],
    ["policy", values.policy, USUAL.policy],
    ["send_with", values.sendWith, USUAL.sendWith],
    ["theme", values.theme, USUAL.theme],
    ["size", values.size, USUAL.size],
  ];
  const set = named.filter(([, value, usual]) => value !== usual).map(([name, value]) => `${name}=${quoted(value)}`);
  return [...more, ...set].join(", ");
}

/** Model and policy are left to the conversation. */
const looks = (values: Values): Values => ({ ...values, model: USUAL.model, policy: USUAL.policy });

const IMPORT = "import convend_widget as cw\n\n";

export const newChat = (values: Values): string => `${IMPORT}chat = cw.Chat(${argumentsOf(values)})\nchat`;

export const openChat = (conversation: string, values: Values): string =>
  `${IMPORT}chat = cw.open(${argumentsOf(looks(values), [quoted(conversation)])})\nchat`;

/** A scenario says itself which model and policy it is about. */
export function playScenario(scenario: string, values: Values): string[] {
  const given = argumentsOf(looks(values), [`scenario=${quoted(scenario)}`]);
  return [`${IMPORT}chat = cw.Chat(${given})\nchat`, "chat.play()"];
}

/** `convend_widget/tabs.py`, without a variable for it in the notebook. */
export const TABS = '__import__("convend_widget.tabs").tabs';

/** An expression that makes a chat for a tab: the stored one, or with "" a new one. */
export function shownTab(conversation: string, values: Values): string {
  const given = conversation ? argumentsOf(looks(values), [quoted(conversation)]) : argumentsOf(values);
  return `${TABS}.show(${given})`;
}

/** An expression for the chat whose widget has this comm. A kernel that never had one imports nothing for it. */
export const foundTab = (model: string): string =>
  `(lambda tabs: tabs and tabs.find(${quoted(model)}))(__import__("sys").modules.get("convend_widget.tabs"))`;

/** A name for a file that is not taken: `Chat.ipynb`, `Chat 2.ipynb` … */
export function freeName(taken: ReadonlySet<string>, name: string, ending: string): string {
  for (let number = 1; ; number++) {
    const candidate = `${name}${number > 1 ? ` ${number}` : ""}${ending}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** A notebook as the server keeps it. */
export function notebookOf(cells: readonly string[], kernel: string, language: string): object {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: kernel, display_name: kernel, language } },
    cells: cells.map((source, at) => ({
      cell_type: "code",
      id: `convend-${at + 1}`,
      execution_count: null,
      metadata: {},
      outputs: [],
      source,
    })),
  };
}
