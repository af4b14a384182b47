/** The chunks of this page by their sha256: whichever widget asked, each is checked and run once, and shared by all. */

export interface PageChunk {
  readonly ready: Promise<unknown>;
  /** Somebody has asked for it. */
  asked: boolean;
  /** It has been run. */
  here: boolean;
  take(bytes: Uint8Array<ArrayBuffer>): void;
}

const page = globalThis as typeof globalThis & { convend_chunks?: Map<string, PageChunk> };
page.convend_chunks ??= new Map();
const chunks = page.convend_chunks;

/** Milliseconds before a widget asks for what another one has asked for. */
export const TURN = 2_000;

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const bytesOf = (data: DataView): Uint8Array<ArrayBuffer> =>
  new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);

async function load(bytes: Uint8Array<ArrayBuffer>, sha256: string): Promise<unknown> {
  // pages served over plain http have nothing to check with
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", bytes);
  if (digest && toHex(new Uint8Array(digest)) !== sha256)
    throw new Error("convend: the code that came is not what was asked for");
  const url = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
  try {
    return await import(/* @vite-ignore */ url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

export function chunkOf(sha256: string): PageChunk {
  const known = chunks.get(sha256);
  if (known) return known;
  let taken = false; // whoever asked twice gets it twice
  let take: PageChunk["take"] = () => {};
  const ready = new Promise<unknown>((resolve, reject) => {
    take = (bytes) => {
      if (!taken) load(bytes, sha256).then(resolve, reject);
      taken = true;
    };
  });
  const chunk: PageChunk = { ready, take, asked: false, here: false };
  chunks.set(sha256, chunk);
  ready.then(
    () => {
      chunk.here = true;
    },
    () => chunks.delete(sha256), // the next attempt begins anew
  );
  return chunk;
}
