import { describe, expect, test } from "vitest";
import * as branches from "../../src/chunks/branches";
import { WINDOW } from "../../src/core/branches/hands";
import type { Mark, Row } from "../../src/core/wire";
import { branchedTalk } from "../../src/dev/branched";
import { reply, running, user } from "../rows";
import { type Hands, offer, Stage, settle } from "../stage";

/** A stage with one view, and the drawer open. */
async function opened(talk = branchedTalk()) {
  offer("branches", branches);
  const stage = new Stage();
  const hands = stage.view();
  stage.snapshot(talk.chat, talk.rows);
  await openDrawer(hands);
  return { stage, hands, rows: new Map(talk.rows.map((row) => [row.m, row])) };
}

async function openDrawer(hands: Hands): Promise<void> {
  hands.find(".cvd-branches").focus();
  hands.find(".cvd-branches").click();
  await expect.poll(() => hands.has(".cvd-drawer-body")).toBe(true);
}

const items = (hands: Hands): string[] =>
  [...hands.el.querySelectorAll('[role="treeitem"]')].map((item) => item.getAttribute("data-key") ?? "");
const item = (hands: Hands, key: string): HTMLElement => hands.find(`[role="treeitem"][data-key="${key}"]`);
const focused = (): string | null => document.activeElement?.getAttribute("data-key") ?? null;

function press(hands: Hands, key: string, init: KeyboardEventInit = {}): void {
  hands.key(key, init, document.activeElement as HTMLElement);
}

/** As the kernel does it. */
function mark(stage: Stage, row: Row | undefined, change: Partial<Mark>): void {
  const before = { label: "", starred: false, archived: false, ...row?.mark };
  stage.say({ t: "rows", rows: [{ ...row, mark: { ...before, ...change } }] });
}

describe("the drawer of branches", () => {
  test("opens from its button on the line where the person is, and gives the focus back", async () => {
    const { hands } = await opened();
    expect(hands.find(".cvd-branches").getAttribute("aria-expanded")).toBe("true");
    expect(focused()).toBe("a7");
    press(hands, "Escape");
    expect(hands.find(".cvd-drawer").hidden).toBe(true);
    expect(document.activeElement).toBe(hands.find(".cvd-branches"));
    expect(hands.find(".cvd-branches").getAttribute("aria-expanded")).toBe("false");
  });

  test("is a tree with one stop for Tab, that tells levels, places and which line is here", async () => {
    const { hands } = await opened();
    const told = (key: string) =>
      ["level", "posinset", "setsize", "expanded", "current"].map((name) =>
        item(hands, key).getAttribute(`aria-${name}`),
      );
    expect(told("u1")).toEqual(["1", "1", "1", "true", null]);
    expect(told("u10")).toEqual(["2", "2", "2", "true", null]);
    expect(told("a7")).toEqual(["3", "2", "2", null, "true"]);
    expect(hands.el.querySelectorAll('[role="treeitem"][tabindex="0"]')).toHaveLength(1);
  });

  test("says in its lines who speaks, in plain words, what became of it, and what the person keeps", async () => {
    const { hands } = await opened();
    expect(item(hands, "u12").textContent).toMatch(/^You: \[abusive message\].*ended.*last warning.*4 messages/);
    expect(item(hands, "u3").textContent).toMatch(/Label: The sketch I use.*starred.*7 messages · 2 branches/);
    expect(item(hands, "a6").textContent).toContain("stopped");
    expect(item(hands, "a7").textContent).toContain("you are here");
  });

  test("walks by arrow keys, closes and opens, and finds by first letters", async () => {
    const { hands } = await opened();
    press(hands, "Home");
    expect(focused()).toBe("u1");
    press(hands, "ArrowDown");
    press(hands, "ArrowLeft");
    expect([focused(), item(hands, "u3").getAttribute("aria-expanded")]).toEqual(["u3", "false"]);
    expect(items(hands)).not.toContain("a7");
    press(hands, "ArrowRight");
    press(hands, "ArrowRight");
    expect(focused()).toBe("a6");
    press(hands, "ArrowLeft");
    expect(focused()).toBe("u3");
    press(hands, "n");
    expect(focused()).toBe("u10"); // No, explain it …
  });

  test("goes to a branch with Enter: the view moves there, not the chat, and there is a way back", async () => {
    const { stage, hands } = await opened();
    press(hands, "End");
    press(hands, "Enter");
    expect(hands.messages).toEqual(["u1", "a2", "u10", "a11", "u18", "a19"]);
    expect(document.activeElement).toBe(hands.message("u18").querySelector("article"));
    expect(hands.text(".cvd-branch")).toContain("another branch");
    expect(stage.transport.commands.filter((each) => each.do !== "hello")).toEqual([]);
    hands.press("Back to the current one");
    expect(hands.messages.at(-1)).toBe("a9");
    expect(hands.text(".cvd-place")).toContain("Back to “Then fit a smooth curve");
  });

  test("shows a branch with Space while the focus stays in the tree", async () => {
    const { hands } = await opened();
    press(hands, "ArrowUp");
    press(hands, " ");
    expect(hands.messages.at(-1)).toBe("a6");
    expect(focused()).toBe("a6");
    expect(item(hands, "a6").getAttribute("aria-current")).toBe("true");
  });

  test("labels with F2: the form has the focus, Enter saves, Escape only closes the form", async () => {
    const { stage, hands, rows } = await opened();
    press(hands, "F2");
    const input = hands.find(".cvd-label-input") as HTMLInputElement;
    expect(document.activeElement).toBe(input);
    expect(input.maxLength).toBe(80);
    press(hands, "Escape");
    expect([hands.has(".cvd-label-input"), hands.find(".cvd-drawer").hidden]).toEqual([false, false]);
    press(hands, "End"); // from a button: nothing
    hands.press("Label");
    (hands.find(".cvd-label-input") as HTMLInputElement).value = "  The long   window ";
    (hands.find(".cvd-label-form") as HTMLFormElement).requestSubmit();
    expect(stage.sent("mark")).toMatchObject([{ message: "a7", label: "The long window", starred: false }]);
    mark(stage, rows.get("a7"), { label: "The long window" });
    expect(item(hands, "a7").textContent).toContain("The long window");
    expect(hands.text(".cvd-place")).toContain("The long window");
  });

  test("stars from its button, which says whether there is a star, and keeps the label", async () => {
    const { stage, hands, rows } = await opened();
    mark(stage, rows.get("a7"), { label: "Here" });
    hands.press("Star");
    expect(stage.sent("mark")).toMatchObject([{ message: "a7", label: "Here", starred: true }]);
    mark(stage, rows.get("a7"), { label: "Here", starred: true });
    expect(hands.button("Star").getAttribute("aria-pressed")).toBe("true");
    expect(hands.root.contains(document.activeElement)).toBe(true);
  });

  test("archives with Delete, says so, and brings it back with Undo or Ctrl+Z", async () => {
    const { stage, hands, rows } = await opened();
    press(hands, "End");
    press(hands, "ArrowLeft");
    expect(focused()).toBe("u10");
    press(hands, "Delete");
    const [order] = stage.sent("archive");
    expect(order).toMatchObject({ message: "u10", archived: true });
    mark(stage, rows.get("u10"), { archived: true });
    stage.answer(order as never);
    expect(items(hands)).toEqual(["u1", "a6", "a7"]);
    expect(hands.status).toContain("8 messages are archived");
    expect(hands.text(".cvd-away")).toContain("Nothing is deleted");
    expect(hands.find(".cvd-branches").textContent).toBe("Branches 2");
    expect(focused()).not.toBeNull();
    press(hands, "z", { ctrlKey: true });
    expect(stage.sent("archive")[1]).toMatchObject({ message: "u10", archived: false });
    mark(stage, rows.get("u10"), { archived: false });
    stage.answer(stage.sent("archive")[1] as never);
    expect(items(hands)).toContain("u10");
    expect(hands.text(".cvd-away")).toBe("");
    expect(hands.status).toBe("Back in sight.");
  });

  test("keeps the focus when what is archived is brought back with the bar's Undo", async () => {
    const { stage, hands, rows } = await opened();
    press(hands, "End");
    press(hands, "ArrowLeft");
    press(hands, "Delete");
    mark(stage, rows.get("u10"), { archived: true });
    stage.answer(stage.sent("archive")[0] as never);
    const undo = hands.button("Undo", hands.find(".cvd-away"));
    undo.focus();
    undo.click();
    mark(stage, rows.get("u10"), { archived: false });
    stage.answer(stage.sent("archive")[1] as never);
    expect(hands.has(".cvd-away button")).toBe(false);
    expect(items(hands)).toContain(focused());
  });

  test("shows what is archived when asked to, and brings it back from there", async () => {
    const { stage, hands } = await opened();
    hands.press("Archived (2)");
    press(hands, "Enter"); // the toggle keeps the focus; this is no line
    expect(items(hands)).toContain("u16");
    item(hands, "u16").click();
    hands.press("Bring back", hands.find(".cvd-tree-actions"));
    expect(stage.sent("archive")).toMatchObject([{ message: "u16", archived: false }]);
  });

  test("shows only this path when asked to", async () => {
    const { hands } = await opened();
    hands.press("Only this path");
    expect(items(hands)).toEqual(["u1", "u3", "a7"]);
    expect(hands.button("Only this path").getAttribute("aria-pressed")).toBe("true");
  });

  test("is a plain list of buttons too, which goes to the same places", async () => {
    const { hands } = await opened();
    hands.press("As a list");
    const list = hands.find(".cvd-tree-list");
    expect(hands.find(".cvd-tree").closest("[hidden]")).not.toBeNull();
    expect(list.querySelectorAll("ul ul ul > li")).toHaveLength(4);
    hands.press("Actions: And what if the drift is not linear?", list);
    expect(hands.text(".cvd-tree-for")).toContain("And what if the drift");
    expect(document.activeElement?.closest(".cvd-tree-actions")).not.toBeNull();
    (list.querySelector('[data-key="u18"] .cvd-run-go') as HTMLElement).click();
    expect(hands.messages.at(-1)).toBe("a19");
  });

  test("keeps the focus on the active line while a talk goes on", async () => {
    const { stage, hands } = await opened();
    press(hands, "Home");
    stage.say({ t: "rows", rows: [user("u30", "a9", "More"), reply("a31", "u30", "Yes")] });
    expect(focused()).toBe("u1");
    expect(item(hands, "u1").textContent).toContain("19 messages");
  });

  test("[fault 56] holds a window of 2,000 forks, and the keys go through all of it", async () => {
    const rows: Row[] = [];
    for (let at = 0; at < 2_000; at++) {
      rows.push(user(`u${3 * at + 1}`, at ? `a${3 * at - 1}` : null, `Question ${at}`));
      rows.push(reply(`a${3 * at + 2}`, `u${3 * at + 1}`, "Yes"), reply(`a${3 * at + 3}`, `u${3 * at + 1}`, "No"));
    }
    const { hands } = await opened({ chat: { ...branchedTalk().chat, head: "a5999" }, rows });
    expect(items(hands)).toHaveLength(WINDOW);
    expect([focused(), item(hands, "a5999").getAttribute("aria-level")]).toEqual(["a5999", "2001"]);
    expect(hands.el.querySelectorAll(".cvd-drawer *").length).toBeLessThan(30 * WINDOW);
    press(hands, "Home");
    expect(focused()).toBe("u1");
    expect(hands.text(".cvd-tree-frame")).toContain("lines below");
    press(hands, "End");
    expect(items(hands)).toHaveLength(WINDOW);
    expect([focused(), item(hands, "a3").getAttribute("aria-level")]).toEqual(["a3", "2"]);
  });

  test("shows hostile words as words", async () => {
    const hostile = "<img src=x onerror=alert(1)> \u202eturned";
    const label = { label: hostile, starred: false, archived: false };
    const rows = [user("u1", null, hostile, { mark: label }), reply("a2", "u1", hostile), reply("a3", "u1", hostile)];
    const { hands } = await opened({ chat: { ...branchedTalk().chat, head: "a3" }, rows });
    const drawer = hands.find(".cvd-drawer");
    expect(drawer.querySelector("img")).toBeNull();
    expect(drawer.querySelector(".cvd-label")?.tagName).toBe("BDI");
    expect(drawer.querySelector(".cvd-run-words")?.tagName).toBe("BDI");
    hands.press("Compare");
    expect(drawer.querySelector("img")).toBeNull();
  });
});

describe("the comparison of versions", () => {
  test("opens beside the steps between versions, and gives the focus back there", async () => {
    const { hands } = await opened();
    press(hands, "Escape");
    const compare = hands.button("Compare with the version before", hands.message("a7"));
    compare.focus();
    compare.click();
    await settle(0);
    expect(hands.text(".cvd-drawer-title")).toBe("Compare versions");
    const result = hands.find(".cvd-compare-result");
    expect(result.querySelector("del")?.textContent).toMatch(/removed: About/);
    expect(result.querySelector("ins")?.textContent).toMatch(/added: As/);
    expect(result.textContent).toMatch(/Words removed: \d+\. Words added: \d+\./);
    press(hands, "Escape");
    expect(document.activeElement).toBe(compare);
  });

  test("opens from the tree and goes back to it", async () => {
    const { hands } = await opened();
    hands.press("Compare");
    expect(hands.find(".cvd-tree-page").hidden).toBe(true);
    expect(document.activeElement?.tagName).toBe("SELECT");
    press(hands, "Escape");
    expect(hands.find(".cvd-tree-page").hidden).toBe(false);
    expect(focused()).toBe("a7");
  });

  test("compares a message of the person, and another pair when chosen", async () => {
    const { hands } = await opened();
    item(hands, "u10").click();
    hands.press("Archived (2)");
    hands.press("Compare");
    const result = () => hands.text(".cvd-compare-result");
    expect(result()).toContain("with a plot");
    const [, other] = [...hands.el.querySelectorAll("select")] as HTMLSelectElement[];
    expect([...(other?.options ?? [])].map((each) => each.textContent)).toEqual(["Version 1 of 2", "Version 2 of 2"]);
  });

  test("compares nothing while one version is still being written", async () => {
    const rows = [user("u1", null, "Hi"), reply("a2", "u1", "All of it"), running("a3", "u1")];
    const { stage, hands } = await opened({ chat: { ...branchedTalk().chat, head: "a2" }, rows });
    hands.press("Compare");
    const result = () => hands.text(".cvd-compare-result");
    expect(result()).toBe("One of these versions is still being written.");
    stage.say({ t: "rows", rows: [reply("a3", "u1", "All of that")] });
    expect(result()).toContain("Words removed: 1. Words added: 1.");
  });

  test("says so where the words are the same, and where they are too long", async () => {
    const long = "word ".repeat(20_000);
    const rows = [
      user("u1", null, "Hi"),
      reply("a2", "u1", "Same"),
      reply("a3", "u1", "Same"),
      reply("a4", "u1", long),
    ];
    const { hands } = await opened({ chat: { ...branchedTalk().chat, head: "a3" }, rows });
    hands.press("Compare");
    expect(hands.text(".cvd-compare-result")).toBe("The words are the same.");
    press(hands, "Escape");
    item(hands, "a4").click();
    hands.press("Compare");
    expect(hands.text(".cvd-compare-result")).toContain("too long, or too different");
  });
});

describe("where one is", () => {
  test("is not said in a chat of one branch, and the button has no count", () => {
    const stage = new Stage();
    const hands = stage.view();
    stage.snapshot({ head: "a2" }, [user("u1", null, "Hi"), reply("a2", "u1", "Ho")]);
    expect(hands.text(".cvd-place")).toBe("");
    expect(hands.find(".cvd-count").hidden).toBe(true);
    expect(hands.find(".cvd-branches").textContent).toContain("Branches");
  });

  test("is said in a chat of several: which branch, and where it left the others", () => {
    const stage = new Stage();
    const hands = stage.view();
    const { chat, rows } = branchedTalk();
    stage.snapshot(chat, rows);
    expect(hands.text(".cvd-place")).toContain("Branch 2 of 4");
    hands.press("forked after message 5");
    expect(document.activeElement).toBe(hands.message("a7").querySelector("article"));
  });

  test("is not said while earlier messages are still coming", () => {
    const stage = new Stage();
    const hands = stage.view();
    const { chat, rows } = branchedTalk();
    stage.say({ t: "snapshot", chat, rows: rows.slice(4), below: 5 });
    expect(hands.text(".cvd-place")).toBe("");
  });

  test("says that an archived branch is one, and offers to bring it back", () => {
    const stage = new Stage();
    const hands = stage.view();
    const { chat, rows } = branchedTalk();
    stage.snapshot({ ...chat, head: "a17" }, rows);
    expect(hands.text(".cvd-place")).toContain("archived");
    hands.press("Bring back");
    expect(stage.sent("archive")).toMatchObject([{ message: "u16", archived: false }]);
  });
});

test("the steps between versions pass by what is archived", () => {
  const stage = new Stage();
  const hands = stage.view();
  const { chat, rows } = branchedTalk();
  stage.snapshot(chat, rows);
  expect(hands.message("u3").querySelector(".cvd-siblings")?.textContent).toContain("1 / 2");
});
