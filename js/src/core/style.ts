/** Style sheets come as text with the code, and go to where the panel is: hosts may put it into a shadow root. */

const MARK = "data-cvd-style";

/**
 * Once for each document or shadow root. An element that is not in the page yet will be in the document. A sheet that
 * others build on goes `first`, also where one of them was quicker.
 */
export function addStyle(el: Element, css: string, first = false): void {
  const root = el.getRootNode();
  const place = root instanceof ShadowRoot ? root : el.ownerDocument.head;
  const known = [...place.querySelectorAll(`style[${MARK}]`)].some((style) => style.textContent === css);
  if (known) return;
  const style = document.createElement("style");
  style.setAttribute(MARK, "");
  style.textContent = css;
  place.insertBefore(style, first ? place.querySelector(`style[${MARK}]`) : null);
}
