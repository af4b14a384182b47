/** The drawer "What the model saw". */
export { default as css } from "../core/seen/seen.css";
export { Seen } from "../core/seen/view";
