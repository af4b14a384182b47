/** Every word of the JupyterLab part, in the two languages of the panel. */

const en = {
  category: "Convend",
  viewer: "Convend viewer",
  fileType: "Convend conversation",

  fileName: "Chat",
  newChat: "New Chat",
  beside: "New Chat Beside This Notebook",
  besideShort: "Beside the notebook",
  open: "Open a Stored Chat",
  openLabel: "The id of the conversation, as convend_widget.conversations() lists it",
  play: "Play a Scenario",
  playLabel: "A rehearsed conversation, without a key or a network",
  stop: "Stop the Reply",
  exportTitle: "Export the Chat",
  exportLabel: "Beside the notebook, as",
  exportNothing: "There is no chat in this notebook, or its kernel does not run.",
  exportFailed: "The kernel could not write the file.",
  exported: (file: string) => `The chat is in ${file}.`,
  noPythonTitle: "No Python here",
  noPython: "A chat needs a Python kernel, and this JupyterLab has none. Install ipykernel where Python is.",

  tabOpening: "Opening the chat… While a cell runs it waits for its end.",
  tabName: "In Python: ",
  tabCaption: (path: string) => `A chat in the kernel of ${path}`,
  tabLost: "The kernel that had this chat was restarted or ended. What was said is kept.",
  tabAgain: "Open it again",
  tabGone: "The kernel did not answer.",
  noWidgets:
    "JupyterLab cannot show widgets here. Install jupyterlab_widgets where JupyterLab is, and reload the page.",
  packageMissing: "This kernel has no convend_widget. Install it where the kernel's Python is, and restart the kernel.",
  packageOlder:
    "The convend_widget of this kernel is older than JupyterLab's part of it. Update it where the kernel's Python is, and restart the kernel.",

  chats: "Chats",
  showChats: "Show the Chats",
  find: "Find a chat",
  findNothing: "No chat has these words.",
  archived: "Archived",
  noArchived: "Nothing is archived.",
  noChats: "No chats yet.",
  moreChats: "The newest chats are shown; convend_widget.conversations() lists all.",
  noKernel: "Chats are listed by the kernel that stores them. They show here once a notebook with a chat is open.",
  startList: "Start a kernel for the list",
  starting: "Starting a kernel…",
  listName: "List of chats",
  startFailed: "No kernel could list the chats. Install convend_widget where the Python kernel is, and try again.",
  reading: "Reading the chats…",
  untitled: "(no text)",
  states: { open: "open", replying: "replying", warned: "warned", ended: "ended" },
  rename: "Rename",
  renameTitle: "Rename the Chat",
  renameLabel: "It becomes the label of its first message. Empty: its first words.",
  archive: "Archive",
  restore: "Bring back",
  statusChats: "Chats",
  statusReplying: (count: string) => `Chats: ${count} replying`,

  copyTitle: "A saved copy, to be read.",
  copyEarlier: (count: string) => `Left out: ${count} earlier.`,
  copyOthers: (count: string) => `Left out: ${count} on other branches.`,
  copyEmpty: "Nothing was said yet.",
  writing: "This reply was still being written when this was saved.",
  opening: "Opening the transcript…",
  partMissing:
    "The transcript cannot be shown: a part of convend_widget is missing from this JupyterLab. Install convend_widget again where JupyterLab runs, and reload the page.",
  again: "Try again",

  emptyFile: "This file is empty.",
  notJson: "This is no conversation: the file is not valid JSON. It may have been cut when it was saved or sent.",
  foreign: "This is no conversation of convend_widget.",
  newer: (version: string, known: number) =>
    `This was written by a newer convend_widget (format ${version}; this one reads ${known}). Update convend_widget to read it.`,
  noTranscript:
    "This file holds the events of a conversation and no transcript to show. Open it in a notebook: convend_widget.import_conversation(…), and export it again.",
  damaged: (where: string) => `This conversation is damaged and is not shown: ${where}.`,
  unshowable: "This conversation cannot be shown: something in it is not as it should be.",
  damagedRow: (number: string) => `message ${number} cannot be read`,
  damagedTwice: (number: string) => `message ${number} has the name of another one`,
  damagedLoop: (number: string) => `message ${number} stands below itself`,
  damagedEnd: (number: string) => `what message ${number} says of an ending contradicts itself`,
  damagedAfterEnd: (number: string) => `message ${number} stands below the end of the conversation`,
};

export type LabStrings = typeof en;

const de: LabStrings = {
  category: "Convend",
  viewer: "Convend-Ansicht",
  fileType: "Convend-Gespräch",

  fileName: "Chat",
  newChat: "Neuer Chat",
  beside: "Neuer Chat neben diesem Notebook",
  besideShort: "Neben dem Notebook",
  open: "Gespeicherten Chat öffnen",
  openLabel: "Die Kennung des Gesprächs, wie convend_widget.conversations() sie nennt",
  play: "Szenario vorspielen",
  playLabel: "Ein geprobtes Gespräch, ohne Schlüssel und Netz",
  stop: "Antwort anhalten",
  exportTitle: "Chat exportieren",
  exportLabel: "Neben dem Notebook, als",
  exportNothing: "In diesem Notebook ist kein Chat, oder sein Kernel läuft nicht.",
  exportFailed: "Der Kernel konnte die Datei nicht schreiben.",
  exported: (file) => `Der Chat steht in ${file}.`,
  noPythonTitle: "Kein Python",
  noPython:
    "Ein Chat braucht einen Python-Kernel, und dieses JupyterLab hat keinen. ipykernel dort installieren, wo Python ist.",

  tabOpening: "Der Chat wird geöffnet … Läuft eine Zelle, wartet er auf ihr Ende.",
  tabName: "In Python: ",
  tabCaption: (path) => `Ein Chat im Kernel von ${path}`,
  tabLost: "Der Kernel mit diesem Chat wurde neu gestartet oder beendet. Was gesagt wurde, ist gespeichert.",
  tabAgain: "Wieder öffnen",
  tabGone: "Der Kernel hat nicht geantwortet.",
  noWidgets:
    "JupyterLab kann hier keine Widgets zeigen. jupyterlab_widgets dort installieren, wo JupyterLab ist, und die Seite neu laden.",
  packageMissing:
    "In diesem Kernel fehlt convend_widget. Dort installieren, wo das Python des Kernels ist, und den Kernel neu starten.",
  packageOlder:
    "Das convend_widget dieses Kernels ist älter als der Teil in JupyterLab. Dort aktualisieren, wo das Python des Kernels ist, und den Kernel neu starten.",

  chats: "Chats",
  showChats: "Chats zeigen",
  find: "Chat suchen",
  findNothing: "Kein Chat enthält diese Wörter.",
  archived: "Archiviert",
  noArchived: "Nichts ist archiviert.",
  noChats: "Noch keine Chats.",
  moreChats: "Zu sehen sind die neuesten Chats; convend_widget.conversations() nennt alle.",
  noKernel:
    "Die Chats nennt der Kernel, der sie speichert. Sie erscheinen hier, sobald ein Notebook mit einem Chat offen ist.",
  startList: "Einen Kernel für die Liste starten",
  starting: "Ein Kernel wird gestartet …",
  listName: "Liste der Chats",
  startFailed:
    "Kein Kernel konnte die Chats nennen. convend_widget dort installieren, wo der Python-Kernel ist, und nochmal versuchen.",
  reading: "Die Chats werden gelesen …",
  untitled: "(kein Text)",
  states: { open: "offen", replying: "antwortet", warned: "gewarnt", ended: "beendet" },
  rename: "Umbenennen",
  renameTitle: "Chat umbenennen",
  renameLabel: "Der Name wird die Marke der ersten Nachricht. Leer: die ersten Wörter.",
  archive: "Archivieren",
  restore: "Zurückholen",
  statusChats: "Chats",
  statusReplying: (count) => `Chats: ${count} antworten`,

  copyTitle: "Eine gespeicherte Kopie zum Lesen.",
  copyEarlier: (count) => `Ausgelassen: ${count} davor.`,
  copyOthers: (count) => `Ausgelassen: ${count} auf anderen Zweigen.`,
  copyEmpty: "Noch wurde nichts gesagt.",
  writing: "Diese Antwort wurde noch geschrieben, als gespeichert wurde.",
  opening: "Das Gespräch wird geöffnet …",
  partMissing:
    "Das Gespräch lässt sich nicht zeigen: In diesem JupyterLab fehlt ein Teil von convend_widget. Dort, wo JupyterLab läuft, convend_widget neu installieren und die Seite neu laden.",
  again: "Nochmal versuchen",

  emptyFile: "Diese Datei ist leer.",
  notJson:
    "Das ist kein Gespräch: Die Datei ist kein gültiges JSON. Vielleicht wurde sie beim Speichern oder Senden abgeschnitten.",
  foreign: "Das ist kein Gespräch von convend_widget.",
  newer: (version, known) =>
    `Das hat ein neueres convend_widget geschrieben (Format ${version}; dieses liest ${known}). Zum Lesen convend_widget aktualisieren.`,
  noTranscript:
    "Diese Datei enthält die Ereignisse eines Gesprächs, aber nichts zum Zeigen. In einem Notebook öffnen: convend_widget.import_conversation(…), und neu exportieren.",
  damaged: (where) => `Dieses Gespräch ist beschädigt und wird nicht gezeigt: ${where}.`,
  unshowable: "Dieses Gespräch lässt sich nicht zeigen: Etwas darin ist nicht, wie es sein sollte.",
  damagedRow: (number) => `Nachricht ${number} ist nicht lesbar`,
  damagedTwice: (number) => `Nachricht ${number} heißt wie eine andere`,
  damagedLoop: (number) => `Nachricht ${number} steht unter sich selbst`,
  damagedEnd: (number) => `was Nachricht ${number} über ein Ende sagt, widerspricht sich`,
  damagedAfterEnd: (number) => `Nachricht ${number} steht unter dem Ende des Gesprächs`,
};

export const stringsFor = (language: string): LabStrings => (/^de\b/i.test(language) ? de : en);

/** In the language of the browser, as the panel. */
export const words: LabStrings = stringsFor(navigator.language);
