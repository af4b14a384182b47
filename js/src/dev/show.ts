/** Shows one scene in an element: the panel, a transport that plays the kernel, and the hand that the scene needs. */
import type { FakeTransport } from "../core/transport";
import type { ChatView } from "../core/wire";
import { mount } from "../panel";
import type { Scene } from "./scenes";

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function show(el: HTMLElement, scene: Scene, change: Partial<ChatView> = {}): Promise<FakeTransport> {
  const transport = scene.open(change);
  if (scene.dir) el.dir = scene.dir;
  mount({ transport, el, signal: new AbortController().signal, language: scene.language ?? "en" });
  while (!el.querySelector(".cvd-root")) await after(20); // its words may be on their way
  await after(50);
  await scene.hand?.(el);
  await after(0);
  return transport;
}
