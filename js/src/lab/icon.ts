import { LabIcon } from "@jupyterlab/ui-components";

/** Two people's words, and a full stop. It takes the colours of the host. */
const svgstr = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
<g class="jp-icon3" fill="#616161"><path d="M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zm0 2v9h3v2.2L10.8 15H19V6z"/>
<rect x="14" y="9" width="3" height="3" rx=".5"/><path d="M7 9h5v1H7zm0 2.5h3.5v1H7z"/></g></svg>`;

export const icon = new LabIcon({ name: "convend:icon", svgstr });
