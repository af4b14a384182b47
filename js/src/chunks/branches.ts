/** The drawer of branches: the tree, what can be done with it, and two versions word by word. */
export { Branches } from "../core/branches/branches";
export { default as css } from "./branches.css";
