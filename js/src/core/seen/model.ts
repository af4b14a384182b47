/** What the model saw in one call of a reply, as the kernel tells it, and its request taken apart for showing. */
import { arrayOf, bool, type Check, fields, nullOr, number, oneOf, record, text } from "../guard";
import { type CostView, cost } from "../wire";

/** Tokens by what they cost: the whole prompt is the first four. */
export interface Tokens {
  input: number;
  cache_read: number;
  cache_write: number;
  cache_write_1h: number;
  output: number;
}

/** Why something was left out: a code, or the kernel's own words where there is none. */
export interface Why {
  code: string;
  text: string;
}

export interface Gate {
  gate: string;
  passed: boolean;
  missing: string;
}

export interface VerdictView {
  tool: string;
  input: string;
  verdict: string;
  answer: string;
  is_error: boolean;
  trigger: string | null;
  at_risk: boolean;
  counted: boolean;
  confirmed_by: string | null;
  gates: Gate[];
}

export interface Call {
  /** From 1. */
  number: number;
  /** It came to its end. */
  complete: boolean;
  model: string;
  stop: string | null;
  seconds: number | null;
  request_id: string | null;
  tokens: Tokens;
  cost: CostView;
  left_out: Why[];
  verdicts: VerdictView[];
}

/** A block that could not be sent: it would stand in message `turn`, before block `at` of what was sent. */
export interface Gap {
  turn: number;
  at: number;
  role: "user" | "assistant";
  why: Why;
  type: string;
  name: string | null;
  text: string;
}

export interface SeenView {
  m: string;
  call: number;
  reply: {
    model: string;
    provider: string;
    policy: string;
    mode: string;
    can_end: boolean;
    gates: string[];
    tokens: Tokens;
    cost: CostView;
  };
  calls: Call[];
  evidence: { gate: string; tool_use: string; favours: boolean | null; detail: string }[];
  /** Whether `body` is what was sent, by its fingerprint; `null` where none is on record. */
  exact: boolean | null;
  omitted: Gap[];
  /** Messages before this one were sent with the call before already. */
  new_from: number;
  /** The request as the text that was sent. */
  body: string;
}

const tokens: Check<Tokens> = fields<Tokens>({
  input: number,
  cache_read: number,
  cache_write: number,
  cache_write_1h: number,
  output: number,
});
const why: Check<Why> = fields<Why>({ code: text, text });
const verdict: Check<VerdictView> = fields<VerdictView>({
  tool: text,
  input: text,
  verdict: text,
  answer: text,
  is_error: bool,
  trigger: nullOr(text),
  at_risk: bool,
  counted: bool,
  confirmed_by: nullOr(text),
  gates: arrayOf(fields<Gate>({ gate: text, passed: bool, missing: text })),
});
const call: Check<Call> = fields<Call>({
  number,
  complete: bool,
  model: text,
  stop: nullOr(text),
  seconds: nullOr(number),
  request_id: nullOr(text),
  tokens,
  cost,
  left_out: arrayOf(why),
  verdicts: arrayOf(verdict),
});
const view: Check<SeenView> = fields<SeenView>({
  m: text,
  call: number,
  reply: fields<SeenView["reply"]>({
    model: text,
    provider: text,
    policy: text,
    mode: text,
    can_end: bool,
    gates: arrayOf(text),
    tokens,
    cost,
  }),
  calls: arrayOf(call),
  evidence: arrayOf(
    fields<SeenView["evidence"][number]>({ gate: text, tool_use: text, favours: nullOr(bool), detail: text }),
  ),
  exact: nullOr(bool),
  omitted: arrayOf(
    fields<Gap>({
      turn: number,
      at: number,
      role: oneOf("user", "assistant"),
      why,
      type: text,
      name: nullOr(text),
      text,
    }),
  ),
  new_from: number,
  body: text,
});

/** `null` for a text that is none of ours. */
export function parseSeen(json: string): SeenView | null {
  try {
    const value: unknown = JSON.parse(json);
    return view(value) && value.calls.some((each) => each.number === value.call) ? value : null;
  } catch {
    return null;
  }
}

// -- the request taken apart: whatever stands in it, something is shown

export type Shown =
  | { kind: "text" | "thinking"; text: string; cached: string | null }
  | { kind: "call"; name: string; text: string; cached: string | null }
  | { kind: "result"; name: string; text: string; error: boolean; cached: string | null }
  | { kind: "other"; type: string; text: string; cached: string | null }
  | { kind: "gap"; gap: Gap };

export interface Turn {
  role: string;
  blocks: Shown[];
}

export interface Request {
  system: { text: string; cached: string | null }[];
  tools: { name: string; description: string; schema: string; cached: string | null }[];
  turns: Turn[];
  /** What else was asked for: the model, its limits, and the person's own. */
  rest: Record<string, unknown>;
  pretty: string;
}

const asText = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? ""));
/** Whatever the API takes: what is looked at here may be there, and may be anything. */
type Field =
  | "type"
  | "text"
  | "thinking"
  | "name"
  | "id"
  | "input"
  | "tool_use_id"
  | "content"
  | "is_error"
  | "role"
  | "description"
  | "input_schema"
  | "cache_control";
type Raw = Partial<Record<Field, unknown>>;

const listOf = (value: unknown): Raw[] =>
  Array.isArray(value) ? value.filter(record) : typeof value === "string" ? [{ type: "text", text: value }] : [];

/** How long the cache keeps what ends here; `null` where no breakpoint is. */
function cachedFor({ cache_control }: Raw): string | null {
  if (!record(cache_control)) return null;
  const { ttl } = cache_control as { ttl?: unknown };
  return typeof ttl === "string" ? ttl : "5m";
}

export function takeApart({ body, omitted }: SeenView): Request {
  const parsed: unknown = JSON.parse(body);
  const { system, tools, messages, ...rest } = (record(parsed) ? parsed : {}) as Record<string, unknown>;
  const turns = listOf(messages);
  const names = new Map<string, string>();
  for (const block of turns.flatMap(({ content }) => listOf(content)))
    if (block.type === "tool_use") names.set(asText(block.id), asText(block.name));
  return {
    system: listOf(system).map((block) => ({ text: asText(block.text ?? block), cached: cachedFor(block) })),
    tools: listOf(tools).map((tool) => ({
      name: asText(tool.name),
      description: asText(tool.description ?? ""),
      schema: asText(tool.input_schema ?? {}),
      cached: cachedFor(tool),
    })),
    turns: withGaps(
      turns.map(({ role, content }) => ({
        role: asText(role),
        blocks: listOf(content).map((each) => blockOf(each, names)),
      })),
      omitted,
    ),
    rest,
    pretty: JSON.stringify(parsed, null, 2),
  };
}

function blockOf(block: Raw, names: ReadonlyMap<string, string>): Shown {
  const cached = cachedFor(block);
  switch (block.type) {
    case "text":
      return { kind: "text", text: asText(block.text), cached };
    case "thinking":
      return { kind: "thinking", text: asText(block.thinking), cached };
    case "tool_use":
      return { kind: "call", name: asText(block.name), text: asText(block.input), cached };
    case "tool_result": {
      const name = names.get(asText(block.tool_use_id)) ?? "";
      return { kind: "result", name, text: asText(block.content), error: block.is_error === true, cached };
    }
    default:
      return { kind: "other", type: asText(block.type), text: asText(block), cached };
  }
}

/** Gaps come in their order, so from the last one on no place moves. A message of which nothing is left has one too. */
function withGaps(turns: Turn[], omitted: readonly Gap[]): Turn[] {
  const placed = turns.map(({ role, blocks }) => ({ role, blocks: [...blocks] }));
  for (const gap of [...omitted].reverse()) {
    const turn = placed[gap.turn];
    if (turn?.role === gap.role) turn.blocks.splice(gap.at, 0, { kind: "gap", gap });
    else placed.splice(gap.turn, 0, { role: gap.role, blocks: [{ kind: "gap", gap }] });
  }
  return placed;
}
