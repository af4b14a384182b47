/**
 * The panel's built files as Lab's server has them beside this script: the very ones that a kernel sends, so that a
 * page without a kernel runs the same panel, and a page with one runs it once. Nothing is fetched from elsewhere.
 */
import { type Check, fields, record, text } from "../core/guard";
import { chunkOf, type PageChunk } from "../core/page_chunks";

interface Part {
  file: string;
  sha256: string;
}

const part: Check<Part> = fields<Part>({ file: text, sha256: text });

let base = "";

/** Remembers where the script that runs now came from. */
export function standHere(script: Element | SVGScriptElement | null): void {
  if (script instanceof HTMLScriptElement) base = new URL(".", script.src).href;
}

const load = async (file: string): Promise<Response> => {
  const answer = await fetch(base + file, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`convend: ${file} is not there (${answer.status})`);
  return answer;
};

let manifest: Promise<Map<string, Part>> | undefined;

async function readManifest(): Promise<Map<string, Part>> {
  const value: unknown = await (await load("manifest.json")).json();
  const entries = record(value) ? Object.entries(value) : [];
  return new Map(entries.flatMap(([name, about]): [string, Part][] => (part(about) ? [[name, about]] : [])));
}

export async function partNamed(name: string): Promise<Part> {
  manifest ??= readManifest();
  manifest.catch(() => {
    manifest = undefined; // the next call tries again
  });
  const found = (await manifest).get(name);
  if (!found) throw new Error(`convend: there is no part ${name}`);
  return found;
}

export async function bytesOfPart({ file }: Part): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await load(file)).arrayBuffer());
}

/** The module of a part. Whoever asks first on this page, a kernel's widget or this, it is run once. */
export async function moduleOf(name: string): Promise<unknown> {
  const about = await partNamed(name);
  const chunk: PageChunk = chunkOf(about.sha256);
  if (!chunk.here) chunk.take(await bytesOfPart(about));
  return chunk.ready;
}
