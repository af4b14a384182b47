/** Finding words anywhere in a conversation. */
export { FindBar } from "../core/find/bar";
export { default as css } from "./find.css";
