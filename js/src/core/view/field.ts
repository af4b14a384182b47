/** A text field that fits its text: it grows up to the height of the style sheet, and runs the way its text runs. */

/** Measuring makes the browser lay out the whole text; beyond this many characters it is at its highest anyway. */
const SURELY_HIGH = 4_000;
const FROM_THE_RIGHT =
  /\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}|\p{Script=Adlam}/u;

const growsByItself = (): boolean => globalThis.CSS?.supports?.("field-sizing", "content") ?? false;

/** As `dir="auto"` has it; that takes Chromium seconds in a field of 20,000 lines. */
export function directionOf(text: string): "ltr" | "rtl" {
  const letter = /\p{L}/u.exec(text.slice(0, SURELY_HIGH))?.[0] ?? "";
  return FROM_THE_RIGHT.test(letter) ? "rtl" : "ltr";
}

export function fitField(field: HTMLTextAreaElement): void {
  const text = field.value;
  const long = text.length > SURELY_HIGH;
  const direction = text ? directionOf(text) : "";
  if (field.dir !== direction) field.dir = direction;
  field.classList.toggle("cvd-long", long);
  if (long) field.style.height = "";
  else if (!growsByItself()) {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  }
}
