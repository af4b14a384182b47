/**
 * The languages of the panel. English is built in; any other is a chunk that comes when a chat is shown in it. To add one:
 * write js/src/chunks/TAG.ts with a catalogue named `strings`, name it in `Chunks` (chunks.ts) and below.
 */
import type { Arrivals, ChunkName } from "./chunks";
import { english, type Words } from "./strings";

const catalogues = ["de"] as const satisfies readonly ChunkName[];

/** Milliseconds after which the panel opens in English rather than not at all. */
const PATIENCE = 10_000;

/** The chunk for a tag such as `de-AT`; `null` where English will do. */
export function catalogueOf(tag: string): (typeof catalogues)[number] | null {
  const [language] = tag.toLowerCase().split("-");
  return catalogues.find((known) => known === language) ?? null;
}

/** English under the tag itself where that is a kind of English, so that numbers and times are as people know them. */
export const englishFor = (tag: string): Words => (/^en\b/i.test(tag) ? { ...english, language: tag } : english);

export async function wordsFor(
  catalogue: (typeof catalogues)[number],
  tag: string,
  arrivals: Arrivals,
): Promise<Words> {
  try {
    return { strings: (await arrivals.get(catalogue, PATIENCE)).strings, language: tag };
  } catch {
    return english;
  }
}
