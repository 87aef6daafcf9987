"""Where the results and the few trained networks lie that come with the kit; no torch is needed to know."""

from pathlib import Path

SHIPPED = Path(__file__).with_name("experiments") / "results"
