/** The words of the find bar, in its own chunk. A language that is not here is English. */

const en = {
  older: "Older match",
  newer: "Newer match",
  nothing: "Nothing found",
  at: (at: number, of: number, position: number) =>
    position ? `${at} of ${of}: message ${position}` : `${at} of ${of}`,
  toStart: "First message",
  toEnd: "Latest message",
};

type FindStrings = typeof en;

const de: FindStrings = {
  older: "Älterer Treffer",
  newer: "Neuerer Treffer",
  nothing: "Nichts gefunden",
  at: (at, of, position) => (position ? `${at} von ${of}: Nachricht ${position}` : `${at} von ${of}`),
  toStart: "Erste Nachricht",
  toEnd: "Neueste Nachricht",
};

export const findStrings = (language: string): FindStrings => (/^de\b/i.test(language) ? de : en);
