/** Drafts outlive a reload of the page, as far as the browser allows: storage may be full, blocked or absent. */

const key = (conversation: string, view: number): string => `convend:draft:${conversation}:${view}`;

function storage(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null; // blocked by the browser's settings
  }
}

export function recallDraft(conversation: string, view: number): string {
  try {
    return storage()?.getItem(key(conversation, view)) ?? "";
  } catch {
    return "";
  }
}

export function keepDraft(conversation: string, view: number, text: string): void {
  try {
    if (text) storage()?.setItem(key(conversation, view), text);
    else storage()?.removeItem(key(conversation, view));
  } catch {
    // full: the draft lives on in the composer
  }
}
