"""Inspect over the same local server, run by the Python of a throw-away environment: an address, how many at once.

For each number of turns on a line of its input it prints the CPU seconds that ``eval`` took for as many samples of one
turn each; the first line of its output is its version.
"""

import sys
import tempfile
import time
from importlib.metadata import version


def main(address: str, at_once: int) -> None:
    from inspect_ai import Task, eval  # type: ignore[import-not-found]
    from inspect_ai.dataset import MemoryDataset, Sample  # type: ignore[import-not-found]
    from inspect_ai.model import GenerateConfig, get_model  # type: ignore[import-not-found]
    from inspect_ai.solver import generate  # type: ignore[import-not-found]

    config = GenerateConfig(max_tokens=4_096, max_connections=at_once)
    model = get_model("anthropic/claude-opus-5-5", config=config, base_url=address, api_key="k")
    print(version("inspect_ai"), flush=True)
    with tempfile.TemporaryDirectory() as logs:
        for line in sys.stdin:
            samples = [Sample(input="Go on.") for _ in range(int(line))]
            task = Task(dataset=MemoryDataset(samples), solver=generate())
            began = time.process_time()
            (log,) = eval(task, model=model, max_connections=at_once, max_samples=at_once, log_dir=logs, display="none")
            taken = time.process_time() - began
            assert log.status == "success", log.error
            print(taken, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
