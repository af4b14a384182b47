/** Words from outside among words of ours: they can neither turn them, nor take their line, nor push them out of sight. */

/** Characters: of a name, and of a few sentences such as those of an error. */
export const NAME = 120;
export const SENTENCES = 4_000;

/** What begins or ends an embedding, an override or an isolate. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;
const [END, END_ISOLATE] = ["\u202c", "\u2069"];
const BREAKING = /[\u0085\u2028\u2029]/g;

/** The text, in which whatever turns its direction ends again, cut to `most` characters. */
export function tame(text: string, most = NAME): string {
  const short = text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…` : text;
  return short.replace(BREAKING, "\n").split("\n").map(closed).join("\n");
}

/** One line. An end too many would end what stands around it, `<bdi>` included; a beginning too many would outlive it. */
function closed(line: string): string {
  let open: string[] = []; // the end that each is waiting for, the innermost last
  const kept = line.replace(TURNING, (sign) => {
    if (sign !== END && sign !== END_ISOLATE) open.push(sign < "\u2066" ? END : END_ISOLATE);
    else if (sign === END ? open.at(-1) === END : open.includes(sign)) open = open.slice(0, open.lastIndexOf(sign));
    else return "";
    return sign;
  });
  return kept + open.reverse().join("");
}
