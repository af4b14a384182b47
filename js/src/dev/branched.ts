/** A talk with branches of every kind, for the development page and the tests: forks, an end, marks, and an archive. */
import type { ChatView, Mark, Row } from "../core/wire";
import { chatOf } from "./states";

const kept = (change: Partial<Mark>): Mark => ({ label: "", starred: false, archived: false, ...change });

export function branchedTalk(): { chat: ChatView; rows: Row[] } {
  const { chat, rows } = chatOf("talk");
  const [user, reply] = rows as [Row, Row];
  const ended = chatOf("ended").rows.at(-1) as Row;
  let seq = 0;
  const say = (m: string, p: string | null, text: string, more: Partial<Row> = {}): Row => {
    const base = m.startsWith("u") ? user : reply;
    seq += 1;
    return {
      ...base,
      m,
      p,
      seq,
      at: user.at + 30 * seq,
      blocks: [{ k: "text", text }],
      tip: "open",
      mark: null,
      ...more,
    };
  };
  const all: Row[] = [
    say("u1", null, "I have a series of sensor readings that drifts slowly. How can I see that early?"),
    say("a2", "u1", "Look at the **residuals** of a slow moving average first. Shall I sketch it in Python?"),
    say("u3", "a2", "Yes, please, with a plot."),
    say(
      "a4",
      "u3",
      "Here is a sketch:\n\n```python\nresidual = readings - readings.rolling(60).mean()\nresidual.plot()\n```\n\nA drift shows as a slow slope.",
      { mark: kept({ label: "The sketch I use", starred: true }) },
    ),
    say("u5", "a4", "How long should the window be?"),
    say(
      "a6",
      "u5",
      "About as long as the slowest change that is not a drift. For hourly readings, a day is a good start.",
      {
        state: "stopped",
        note: "panel",
        stop: null,
      },
    ),
    say(
      "a7",
      "u5",
      "As long as the slowest change that is real. For hourly readings two days are a good start, since one day hides a weekly pattern.",
    ),
    say("u8", "a7", "Thank you. And how would I correct for it afterwards?"),
    say("a9", "u8", "Fit a line to the residuals of a calm period and subtract it."),
    say("u10", "a2", "No, explain it in words only.", { edit_of: "u3" }),
    say("a11", "u10", "A drift is a change of the mean over time. Compare each day with the day before."),
    say("u12", "a11", "[abusive message]"),
    say("a13", "u12", "Let us stay with the data. If this goes on, I will end the chat.", {
      tip: "warned",
      blocks: [
        { k: "text", text: "Let us stay with the data. If this goes on, I will end the chat." },
        { k: "warning", kind: "final_warning", counted: true },
      ],
    }),
    say("u14", "a13", "[abusive message]"),
    say("a15", "u14", "I am ending our conversation here.", {
      ...ended,
      m: "a15",
      p: "u14",
      seq: 15,
      edit_of: null,
      mark: null,
    }),
    say("u16", "a2", "Can you do it in R instead?", { edit_of: "u3", mark: kept({ archived: true }) }),
    say("a17", "u16", "Yes: `readings |> zoo::rollmean(60)` gives the moving average."),
    say("u18", "a11", "And what if the drift is not linear?", { edit_of: "u12" }),
    say("a19", "u18", "Then fit a smooth curve, for example a spline with few knots."),
  ];
  return { chat: { ...chat, head: "a9" }, rows: all };
}
