/** The settings of js/src/lab/schema/plugin.json, as Lab keeps them. */
import type { JupyterFrontEnd, Plugin } from "@jupyterlab/application";
import { ISettingRegistry, type SettingRegistry } from "@jupyterlab/settingregistry";
import { preferences } from "./preferences";

export const settings: Plugin = {
  id: "convend-widget:plugin",
  description: "The settings of chats.",
  autoStart: true,
  optional: [ISettingRegistry].filter(Boolean), // Voila has none: chats are as usual there
  async activate(_: JupyterFrontEnd, registry: SettingRegistry | null) {
    if (registry) preferences.follow(await registry.load(settings.id));
  },
};
