/** The transport of the development page: chunks are plain files beside it. */
import { FakeTransport } from "../core/transport";
import type { Command } from "../core/wire";

export class PlainPage extends FakeTransport {
  override send(command: Command): void {
    super.send(command);
    if (command.do === "chunk") void this.#bring(command.name, command.sha256);
  }

  async #bring(name: string, sha256: string): Promise<void> {
    const file = await fetch(`chunks/${name}.js`);
    if (file.ok) this.fire({ t: "chunk", name, sha256 }, [new DataView(await file.arrayBuffer())]);
  }
}
