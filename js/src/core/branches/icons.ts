/** The icons that only the drawer of branches has, beside those of the panel. */
import { drawn, type IconName, icon as panels } from "../view/icons";

const paths = {
  dots: "M3.6 8h.1M8 8h.1M12.4 8h.1",
  star: "m8 2.4 1.7 3.6 3.9.5-2.9 2.7.8 3.9L8 11.2l-3.5 1.9.8-3.9-2.9-2.7 3.9-.5z",
  label: "M2.6 7.8V2.9h4.9l6 6-4.9 4.9zM5.4 5.6h.1",
  go: "M2.6 8h9.6M8.6 4.2 12.4 8l-3.8 3.8",
  blocked: "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 8 2.4zM4.2 4.2l7.6 7.6",
  open: "m3.8 6.2 4.2 4.2 4.2-4.2",
};

export type Icon = IconName | keyof typeof paths;

export const icon = (name: Icon): SVGSVGElement =>
  name in paths ? drawn(paths[name as keyof typeof paths], name) : panels(name as IconName);
