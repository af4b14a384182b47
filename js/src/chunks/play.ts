/** Playing: a stored branch again, a lesson, and a lesson in several chats, whose controls the loader mounts by themselves. */
import { BesidePlayer } from "../core/play/beside";
import { addStyle } from "../core/style";
import type { MountOptions } from "../panel";
import css from "./play.css";
import alone from "./play_alone.css";

export { LessonPlayer } from "../core/play/lesson";
export { Playback } from "../core/play/playback";
export { css };

export function mount({ transport, el, signal, language = navigator.language }: MountOptions): void {
  if (signal.aborted) return;
  // In a document the panels below bring their sheet; in a shadow root of its own a view has only what it brings.
  if (el.getRootNode() instanceof ShadowRoot) addStyle(el, alone);
  addStyle(el, css);
  const { element } = new BesidePlayer(transport, language, signal);
  el.replaceChildren(element);
  signal.addEventListener("abort", () => element.remove(), { once: true });
}
