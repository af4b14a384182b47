/** Playing: a stored branch again, and a lesson. */
export { LessonPlayer } from "../core/play/lesson";
export { Playback } from "../core/play/playback";
export { default as css } from "./play.css";
