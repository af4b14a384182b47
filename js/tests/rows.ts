/** Rows and chats to build a talk of. */
import type { ChatView, Row } from "../src/core/wire";
import { chatOf } from "../src/dev/states";

export function baseChat(change: Partial<ChatView> = {}): ChatView {
  return { ...chatOf("empty").chat, ...change };
}

export function row(m: string, p: string | null, role: Row["role"], text: string, more: Partial<Row> = {}): Row {
  const { rows } = chatOf("talk");
  const blank = rows.find((each) => each.role === role) as Row;
  const blocks: Row["blocks"] = text ? [{ k: "text", text }] : [];
  return { ...blank, m, p, seq: Number(m.replace(/\D/g, "")), blocks, tip: "open", ...more };
}

export const user = (m: string, p: string | null, text: string, more: Partial<Row> = {}): Row =>
  row(m, p, "user", text, more);
export const reply = (m: string, p: string, text: string, more: Partial<Row> = {}): Row =>
  row(m, p, "assistant", text, more);
export const running = (m: string, p: string): Row => reply(m, p, "", { state: "streaming", stop: null, usage: null });
