/** Numbers, times and direction as the panel's language has them. */

const FROM_THE_RIGHT = /^(ar|arc|ckb|dv|fa|he|iw|ks|ps|sd|syr|ug|ur|yi)\b/i;

/** The direction of the panel itself: that of its words, whatever the page around it has. */
export const directionOfLanguage = (tag: string): "ltr" | "rtl" => (FROM_THE_RIGHT.test(tag) ? "rtl" : "ltr");

export interface Formats {
  number(value: number): string;
  /** US dollars: with cents, or with the places that a single call needs. */
  dollars(value: number): string;
  /** Hours and minutes of Unix seconds; "" for what no clock ever shows. */
  time(at: number): string;
}

/** A tag that is no tag gives those of the browser. */
export function formatsFor(language: string): Formats {
  const tag = isTag(language) ? language : undefined;
  const number = new Intl.NumberFormat(tag);
  const money = (places: number) =>
    new Intl.NumberFormat(tag, {
      style: "currency",
      currency: "USD",
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: places,
      maximumFractionDigits: places,
    });
  const [cents, fine] = [money(2), money(4)];
  const dollars = (value: number) => {
    if (value === 0 || value >= 1) return cents.format(value);
    return value < 0.0001 ? `< ${fine.format(0.0001)}` : fine.format(value);
  };
  const time = new Intl.DateTimeFormat(tag, { hour: "2-digit", minute: "2-digit" });
  return { number: (value) => number.format(value), dollars, time: (at) => (isTime(at) ? time.format(at * 1000) : "") };
}

/** Whether these Unix seconds are a time that can be formatted at all. */
export const isTime = (at: number): boolean => Math.abs(at) <= 8.64e12;

function isTag(language: string): boolean {
  try {
    return Intl.getCanonicalLocales(language).length > 0;
  } catch {
    return false; // whatever somebody wrote
  }
}
