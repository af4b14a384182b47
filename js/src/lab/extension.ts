/** What Lab starts, one plugin a concern, so that each can be switched off alone. */
import { beside } from "./beside";
import { chats } from "./chats";
import { documents } from "./documents";
import { settings } from "./settings";
import { shelf } from "./shelf";

export const plugins = [settings, documents, chats, beside, shelf];
