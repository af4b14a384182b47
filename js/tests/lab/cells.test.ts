import { describe, expect, test } from "vitest";
import { foundTab, freeName, newChat, notebookOf, openChat, playScenario, quoted, shownTab } from "../../src/lab/cells";
import { USUAL } from "../../src/lab/preferences";

const set = { ...USUAL, sendWith: "ctrl-enter", size: "presenter", policy: "two_step", model: "a" } as const;

describe("the code of a new notebook", () => {
  test("says nothing that the package does by itself, and all that is set", () => {
    expect(newChat(USUAL)).toBe("import convend_widget as cw\n\nchat = cw.Chat()\nchat");
    expect(newChat(set)).toContain(
      'cw.Chat(model="a", policy="two_step", send_with="ctrl-enter", size="presenter")\nchat',
    );
  });

  test("leaves model and policy to the conversation that is opened, and to the scenario that is played", () => {
    expect(openChat("c_1", set)).toContain('cw.open("c_1", send_with="ctrl-enter", size="presenter")\nchat');
    expect(playScenario("calm", USUAL)).toEqual([
      'import convend_widget as cw\n\nchat = cw.Chat(scenario="calm")\nchat',
      "chat.play()",
    ]);
  });

  test("holds whatever somebody set as a text, and never as code", () => {
    const hostile = 'x")\nimport os  # \\"';
    expect(newChat({ ...USUAL, model: hostile })).toContain(`cw.Chat(model=${quoted(hostile)})`);
    expect(quoted(hostile)).toBe('"x\\")\\nimport os  # \\\\\\""');
  });

  test("of a tab says the same, and nothing in it is more than a text", () => {
    expect(shownTab("", set)).toMatch(
      /\.show\(model="a", policy="two_step", send_with="ctrl-enter", size="presenter"\)$/,
    );
    expect(shownTab("c_1", set)).toMatch(/\.show\("c_1", send_with="ctrl-enter", size="presenter"\)$/);
    expect(foundTab('")+x("')).toContain('tabs.find("\\")+x(\\"")');
  });

  test("is a notebook with a cell each, whose ids differ", () => {
    const { cells } = notebookOf(["a", "b"], "python3", "python") as { cells: { id: string; source: string }[] };
    expect(cells.map(({ source }) => source)).toEqual(["a", "b"]);
    expect(new Set(cells.map(({ id }) => id)).size).toBe(2);
  });
});

test("a name that is taken gets a number", () => {
  expect(freeName(new Set(), "Chat", ".ipynb")).toBe("Chat.ipynb");
  expect(freeName(new Set(["Chat.ipynb", "Chat 2.ipynb"]), "Chat", ".ipynb")).toBe("Chat 3.ipynb");
});
