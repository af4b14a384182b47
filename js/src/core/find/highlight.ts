/** Marks words in the page without touching it, where the browser can (CSS custom highlights). */
const NAME = "cvd-find";

/** One for the page, shared by all views; each view takes its own ranges away again. */
function shared(): Highlight | null {
  if (typeof Highlight === "undefined" || !CSS.highlights) return null;
  const made = CSS.highlights.get(NAME) ?? new Highlight();
  CSS.highlights.set(NAME, made);
  return made;
}

export class Highlights {
  #ranges: Range[] = [];

  clear(): void {
    const all = shared();
    for (const range of this.#ranges.splice(0)) all?.delete(range);
  }

  /** Every place in these elements where the words stand in one piece. */
  mark(elements: Iterable<Element>, words: string): void {
    this.clear();
    const all = shared();
    const wanted = words.trim().toLowerCase();
    if (!all || !wanted) return;
    for (const element of elements) {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = (node.nodeValue ?? "").toLowerCase();
        if (text.length !== node.nodeValue?.length) continue; // a letter that changes its length with its case
        for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + wanted.length);
          all.add(range);
          this.#ranges.push(range);
        }
      }
    }
  }
}
