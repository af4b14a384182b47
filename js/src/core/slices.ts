/**
 * Work that makes the page nicer but may wait. What fits into the time of one frame is done at once, so that a short
 * reply is never seen without it; the rest follows frame by frame, what was asked for last first, for that is in sight.
 */

/** Milliseconds of each frame. */
const SLICE = 8;
const FRAME = 16;

const jobs: (() => void)[] = [];
let left = SLICE;
let waking = false;

export function soon(job: () => void): void {
  if (left > 0 && jobs.length === 0) run(job);
  else jobs.push(job);
  wake();
}

function wake(): void {
  if (!waking) setTimeout(turn, FRAME);
  waking = true;
}

function run(job: () => void): void {
  const begun = performance.now();
  try {
    job();
  } finally {
    left -= performance.now() - begun;
  }
}

function turn(): void {
  waking = false;
  left = SLICE;
  while (left > 0 && jobs.length) run(jobs.pop() as () => void);
  if (jobs.length) wake();
}
