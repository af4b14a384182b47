/** Joined deltas come about ten times a second, later six. Each is spread over the time until the next, so that text flows. */

/** Milliseconds within which everything that has come is shown. */
export const SPREAD = 90;
const LONGEST = 180;

/** The same, where the last delta came so many milliseconds ago: the next one will take about as long. */
export const spreadAfter = (gap: number): number =>
  gap > 2 * LONGEST ? SPREAD : Math.min(LONGEST, Math.max(SPREAD, gap));

/** Once it is known that nothing more comes, the rest is not held back for the sake of an even flow. */
export const LAST = 30;

/** How many characters to show now, `left` milliseconds before all must be shown, one frame of `elapsed` after the last. */
export function nextLength(text: string, shown: number, elapsed: number, left: number): number {
  if (left <= 0 || shown >= text.length) return text.length;
  const share = Math.min(1, elapsed / (left + elapsed));
  const length = Math.min(text.length, shown + Math.max(1, Math.ceil((text.length - shown) * share)));
  const code = text.charCodeAt(length - 1);
  return code >= 0xd800 && code < 0xdc00 && length < text.length ? length + 1 : length; // no half characters
}

export function wantsStillness(): boolean {
  return (
    document.visibilityState === "hidden" || // no frames come
    (window.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false)
  );
}
