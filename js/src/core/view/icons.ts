/** Line icons on a grid of 16, drawn in the colour of the text. Always beside words or a label, so hidden from readers. */

const paths = {
  send: "M8 13V3.5M3.8 7.4 8 3.2l4.2 4.2",
  stop: "M4.6 4.6h6.8v6.8H4.6z",
  copy: "M6 6h7v7H6zM10 6V3H3v7h3",
  check: "m3.2 8.6 3.1 3.1 6.5-7",
  edit: "M3 13h2.2l7.1-7.1-2.2-2.2L3 10.8zM8.8 5l2.2 2.2",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2.6v2.8h-2.8",
  up: "M5 7.2 7.6 2.6c.9 0 1.5.7 1.4 1.6L8.7 6.4h3.1c.9 0 1.5.8 1.3 1.6l-.9 4c-.2.7-.7 1.2-1.4 1.2H5zM5 7.2H2.8v6H5",
  down: "m5 8.8 2.6 4.6c.9 0 1.5-.7 1.4-1.6l-.3-2.2h3.1c.9 0 1.5-.8 1.3-1.6l-.9-4c-.2-.7-.7-1.2-1.4-1.2H5zM5 8.8H2.8v-6H5",
  left: "M9.8 3.8 5.6 8l4.2 4.2",
  right: "M6.2 3.8 10.4 8l-4.2 4.2",
  arrowDown: "M8 3v9.5M3.8 8.6 8 12.8l4.2-4.2",
  plus: "M8 3.2v9.6M3.2 8h9.6",
  door: "M4 13.5v-11h6v11M2.5 13.5h11M7.8 8.2h.1M10 4.5h1.8v9",
  lock: "M4 7.2h8v6H4zM5.6 7.2V5.1a2.4 2.4 0 0 1 4.8 0v2.1",
  turn: "M3 12.5c0-4 1.6-5.6 5.4-5.6h4M9.6 3.6l3.2 3.3-3.2 3.3",
  warning: "M8 2.6 14 13H2zM8 6.6v3M8 11.3v.1",
  shield: "M8 2.3c1.6 1.2 3.2 1.7 5 1.8 0 4.6-1.4 7.6-5 9.6-3.6-2-5-5-5-9.6 1.8-.1 3.4-.6 5-1.8zM5.8 7.9h4.4",
  cut: "M2.5 8h4M9.5 8h4M8 3v2.4M8 10.6V13",
  broken: "M2.5 8h3M10.5 8h3M5.5 5.2v5.6M10.5 5.2v5.6M7.2 6.8l1.6 2.4",
  full: "M2.5 4.2h11v7.6h-11zM5.2 6.8v2.4M8 6.8v2.4M10.8 6.8v2.4",
  nothing: "M8 2.8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 0 0 8 2.8zM4.4 11.6l7.2-7.2",
  loop: "M3 8a3 3 0 0 1 3-3h6M10 3l2 2-2 2M13 8a3 3 0 0 1-3 3H4M6 13l-2-2 2-2",
  play: "M5 3.2v9.6L12.6 8z",
  pause: "M6 3.6v8.8M10 3.6v8.8",
  keyboard: "M2 4.4h12v7.2H2zM4.4 7h.1M7 7h.1M9.6 7h.1M11.8 7h.1M5.5 9.4h5",
  power: "M8 2.6v5M5.2 4.3a4.9 4.9 0 1 0 5.6 0",
  info: "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 8 2.4zM8 7.4v3.4M8 5.2v.1",
  question:
    "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 8 2.4zM6.3 6.4c.2-2.1 3.5-2 3.4.1-.1 1.2-1.6 1.3-1.7 2.5M8 11.1v.1",
  eye: "M1.8 8c1.5-2.8 3.6-4.2 6.2-4.2s4.7 1.4 6.2 4.2c-1.5 2.8-3.6 4.2-6.2 4.2S3.3 10.8 1.8 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  words: "M3 3.5h10v7H7.4L4.6 13v-2.5H3zM5.4 6h5.2M5.4 8.1h3.4",
  find: "M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4zM10.1 10.1l3.4 3.4",
  close: "m4.2 4.2 7.6 7.6M11.8 4.2l-7.6 7.6",
  archive: "M2.6 3.2h10.8v3H2.6zM3.6 6.2v6.6h8.8V6.2M6.4 8.8h3.2",
  compare: "M5 2.6v10.8M11 2.6v10.8M2.4 5.2 5 2.6l2.6 2.6M8.4 10.8l2.6 2.6 2.6-2.6",
  branch:
    "M5 5.4v5.2M5 8.4c4 0 6-.6 6-3M5 2.6a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8zM11 2.6a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8zM5 10.6a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 0 0 0-2.8z",
};

export type IconName = keyof typeof paths;

const SVG = "http://www.w3.org/2000/svg";

export const icon = (name: IconName): SVGSVGElement => drawn(paths[name], name);

/** An icon of its own path. */
export function drawn(d: string, name: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", d);
  for (const [key, value] of Object.entries({
    class: `cvd-icon cvd-icon-${name}`,
    viewBox: "0 0 16 16",
    "aria-hidden": "true",
  }))
    svg.setAttribute(key, value);
  svg.append(path);
  return svg;
}
