/** Talks to show on the development page and to test with. Most are the fixtures that both languages read. */
import asked_to_end from "../../../tests/fixtures/wire/asked_to_end.json";
import blocked from "../../../tests/fixtures/wire/blocked.json";
import cannot_end from "../../../tests/fixtures/wire/cannot_end.json";
import confirming from "../../../tests/fixtures/wire/confirming.json";
import elsewhere from "../../../tests/fixtures/wire/elsewhere.json";
import empty from "../../../tests/fixtures/wire/empty.json";
import ended from "../../../tests/fixtures/wire/ended.json";
import ended_rehearsal from "../../../tests/fixtures/wire/ended_rehearsal.json";
import failed from "../../../tests/fixtures/wire/failed.json";
import interrupted from "../../../tests/fixtures/wire/interrupted.json";
import length_cut from "../../../tests/fixtures/wire/length_cut.json";
import observed from "../../../tests/fixtures/wire/observed.json";
import pages from "../../../tests/fixtures/wire/pages.json";
import refused from "../../../tests/fixtures/wire/refused.json";
import refused_command from "../../../tests/fixtures/wire/refused_command.json";
import silent from "../../../tests/fixtures/wire/silent.json";
import snapshot from "../../../tests/fixtures/wire/snapshot.json";
import stopped from "../../../tests/fixtures/wire/stopped.json";
import streaming from "../../../tests/fixtures/wire/streaming.json";
import waiting from "../../../tests/fixtures/wire/waiting.json";
import warned from "../../../tests/fixtures/wire/warned.json";
import { type ChatView, parseMessage, type Row } from "../core/wire";

export const fixtures: Record<string, { about: string; messages: readonly unknown[] }> = {
  empty,
  talk: snapshot,
  pages,
  streaming,
  waiting,
  silent,
  elsewhere,
  warned,
  blocked,
  confirming,
  ended,
  ended_rehearsal,
  asked_to_end,
  observed,
  refused,
  stopped,
  interrupted,
  length_cut,
  failed,
  cannot_end,
  refused_command,
};

export function chatOf(name: string): { chat: ChatView; rows: Row[] } {
  const messages = (fixtures[name]?.messages ?? []).map(parseMessage);
  const snapshots = messages.flatMap((message) => (message?.t === "snapshot" ? [message] : []));
  const chat = snapshots.at(-1)?.chat;
  if (!chat) throw new Error(`The fixture ${name} has no snapshot.`);
  return { chat, rows: snapshots.flatMap((message) => message.rows) };
}

/** A long talk of `turns` turns, with a second version now and then. */
export function longTalk(turns: number): { chat: ChatView; rows: Row[] } {
  const { chat, rows } = chatOf("talk");
  const [user, reply, , , table] = rows as [Row, Row, Row, Row, Row];
  const all: Row[] = [];
  let parent: string | null = null;
  let seq = 0;
  for (let turn = 1; turn <= turns; turn++) {
    const question: Row = { ...user, m: `u${turn}`, p: parent, seq: ++seq, at: user.at + seq };
    const template = turn % 3 ? reply : table;
    all.push(question, { ...template, m: `a${turn}`, p: question.m, seq: ++seq, at: user.at + seq });
    if (turn % 5 === 0) all.push({ ...template, m: `b${turn}`, p: question.m, seq: ++seq });
    parent = `a${turn}`;
  }
  return { chat: { ...chat, head: parent }, rows: all };
}

/** Text of the world, and text that tries to be more than text. */
export function worldTalk(): { chat: ChatView; rows: Row[] } {
  const { chat, rows } = chatOf("talk");
  const [user, reply] = rows as [Row, Row];
  const own = "שלום! مرحبا 👩🏽‍🔬 <b>not bold</b> ![x](https://example.com/a.png)";
  const text = [
    "# A heading\n\nمرحبا بالعالم، هذا سطر **من اليمين**.\n\nשורה בעברית עם `code` בתוכה.",
    "> A quote that\n> goes on.\n\n- one\n  - two\n    - three\n- [a link](https://example.com/path) and [no link](javascript:alert(1))",
    "![A chart](https://example.com/chart.png) stays a link.\n\n---\n\n| a | b | c | d | e | f | g | h |\n|--|--|--|--|--|--|--|--|\n| a long cell | a long cell | a long cell | a long cell | a long cell | a long cell | a long cell | a long cell |",
    "```\nA line of code that is so long that it has to scroll inside its own frame and never widens the panel itself, whatever happens.\n```\n\nA-word-that-does-not-end-A-word-that-does-not-end-A-word-that-does-not-end-A-word-that-does-not-end-A-word-that-does-not-end",
  ].join("\n\n");
  return {
    chat: { ...chat, head: "a1" },
    rows: [
      { ...user, blocks: [{ k: "text", text: own }] },
      { ...reply, blocks: [{ k: "text", text }] },
    ],
  };
}
