/** The keyboard of a tree, by the pattern of the ARIA Authoring Practices: from key and place to what is to be done. */
import { keyOf, type Line } from "./outline";

export type Deed =
  | { do: "move"; to: string }
  | { do: "open"; runs: readonly string[]; open: boolean }
  | { do: "go" | "show" | "label" | "archive" | "undo" }
  | { do: "more"; parent: string | null }
  | { do: "find"; text: string };

export interface Press {
  key: string;
  ctrl: boolean;
}

/** `null` where the key means nothing here, and is the browser's. */
export function deedFor({ key, ctrl }: Press, lines: readonly Line[], at: number): Deed | null {
  const line = lines[at];
  if (!line) return null;
  if (ctrl) return key.toLowerCase() === "z" ? { do: "undo" } : null;
  const to = (index: number): Deed | null => {
    const found = lines[Math.max(0, Math.min(index, lines.length - 1))];
    return found && found !== line ? { do: "move", to: keyOf(found) } : null;
  };
  switch (key) {
    case "ArrowDown":
      return to(at + 1);
    case "ArrowUp":
      return to(at - 1);
    case "Home":
      return to(0);
    case "End":
      return to(lines.length - 1);
    case "PageDown":
      return to(at + 10);
    case "PageUp":
      return to(at - 10);
    case "ArrowRight":
      return inwards(line, lines, at);
    case "ArrowLeft":
      return outwards(line, lines);
    default:
      return line.kind === "more" ? listMore(key, line.parent) : act(key, line.m, lines, line.level);
  }
}

/** Opens a closed line; from an open one, to its first branch. */
function inwards(line: Line, lines: readonly Line[], at: number): Deed | null {
  if (line.kind === "more" || line.forks === 0) return null;
  if (!line.open) return { do: "open", runs: [line.m], open: true };
  const next = lines[at + 1];
  return next && next.level > line.level ? { do: "move", to: keyOf(next) } : null;
}

/** Closes an open line; from a closed one, to the line that it is a branch of. */
function outwards(line: Line, lines: readonly Line[]): Deed | null {
  if (line.kind === "run" && line.forks > 0 && line.open) return { do: "open", runs: [line.m], open: false };
  const parent = lines.find((each) => each.kind === "run" && each.m === line.parent);
  return parent ? { do: "move", to: keyOf(parent) } : null;
}

const listMore = (key: string, parent: string | null): Deed | null =>
  key === "Enter" || key === " " ? { do: "more", parent } : null;

function act(key: string, m: string, lines: readonly Line[], level: number): Deed | null {
  switch (key) {
    case "Enter":
      return { do: "go" };
    case " ":
      return { do: "show" };
    case "F2":
      return { do: "label" };
    case "Delete":
      return { do: "archive" };
    case "*":
      return { do: "open", runs: closedBeside(m, lines, level), open: true };
    default:
      return [...key].length === 1 ? { do: "find", text: key } : null;
  }
}

/** The closed lines of the same fork. */
function closedBeside(m: string, lines: readonly Line[], level: number): string[] {
  const line = lines.find((each) => each.kind === "run" && each.m === m);
  const beside = lines.filter((each) => each.kind === "run" && each.parent === line?.parent && each.level === level);
  return beside.flatMap((each) => (each.kind === "run" && each.forks > 0 && !each.open ? [each.m] : []));
}

/** Milliseconds within which letters make one word. */
const TOGETHER = 700;

/** What was typed to find a line by its first letters. */
export class TypeAhead {
  #typed = "";
  #at = Number.NEGATIVE_INFINITY;

  /** The next line after `at` that begins so; around the end. One letter again and again goes through all. */
  find(text: string, names: readonly string[], at: number, now = performance.now()): number {
    this.#typed = now - this.#at < TOGETHER ? this.#typed + text.toLowerCase() : text.toLowerCase();
    this.#at = now;
    const typed = this.#typed;
    const same = [...typed].every((letter) => letter === typed[0]);
    const sought = same ? (typed[0] ?? "") : typed;
    const from = same || typed.length === 1 ? at + 1 : at;
    for (let step = 0; step < names.length; step++) {
      const index = (from + step) % names.length;
      if (names[index]?.toLowerCase().startsWith(sought)) return index;
    }
    return -1;
  }
}
