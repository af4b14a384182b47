/**
 * Where a player is and how it moves: pure, so that a test can be its clock. It knows of messages only how long each
 * takes; the same one plays a stored branch again, which changes nothing anywhere.
 */
import type { Speed } from "../wire";
import type { Beat } from "./score";

export interface Player {
  readonly score: readonly Beat[];
  /** So many messages stand there whole. */
  readonly at: number;
  /** Milliseconds of the next one that are over. */
  readonly into: number;
  readonly speed: Speed;
  readonly playing: boolean;
}

export type Hand =
  | { type: "tick"; ms: number }
  | { type: "toggle" }
  | { type: "pause" }
  | { type: "step"; by: 1 | -1 }
  | { type: "seek"; at: number }
  | { type: "speed"; speed: Speed }
  | { type: "restart" };

export const begin = (score: readonly Beat[], speed: Speed = 1): Player => ({
  score,
  at: 0,
  into: 0,
  speed,
  playing: score.length > 0,
});

export const isOver = ({ score, at }: Player): boolean => at >= score.length;

/** The next message has begun: of a reply something stands there already, be it that it is waited for. */
export const hasBegun = ({ score, at, into }: Player): boolean => into > 0 && (score[at]?.said ?? 0) > 0;

/** Which message is the newest that stands there, from 1; 0 before the first. */
export const position = (player: Player): number => player.at + (hasBegun(player) ? 1 : 0);

/** How much of the next message has been said, from 0 to 1; `null` while it is waited for. */
export function shareOf({ score, at, into }: Player): number | null {
  const beat = score[at];
  if (!beat || into < beat.wait) return null;
  return beat.said > 0 ? Math.min(1, (into - beat.wait) / beat.said) : 1;
}

export function move(player: Player, hand: Hand): Player {
  switch (hand.type) {
    case "tick":
      return player.playing ? pass(player, hand.ms * player.speed) : player;
    case "toggle":
      if (!player.playing && isOver(player)) return begin(player.score, player.speed);
      return { ...player, playing: !player.playing };
    case "pause":
      return player.playing ? { ...player, playing: false } : player;
    case "step":
      return step(player, hand.by);
    case "seek":
      return { ...player, at: within(player, hand.at), into: 0, playing: false };
    case "speed":
      return { ...player, speed: hand.speed };
    case "restart":
      return begin(player.score, player.speed);
  }
}

function pass(player: Player, ms: number): Player {
  let { at, into } = player;
  into += ms;
  for (let beat = player.score[at]; beat && into >= beat.wait + beat.said; beat = player.score[at]) {
    into -= beat.wait + beat.said;
    at += 1;
  }
  const over = at >= player.score.length;
  return { ...player, at, into: over ? 0 : into, playing: !over };
}

/** Forward: the message that has begun is whole at once, else the next one is. Back: the newest one goes. */
function step(player: Player, by: 1 | -1): Player {
  const to = by > 0 || !hasBegun(player) ? player.at + by : player.at;
  return { ...player, at: within(player, to), into: 0, playing: false };
}

const within = ({ score }: Player, at: number): number => Math.max(0, Math.min(score.length, Math.round(at)));
