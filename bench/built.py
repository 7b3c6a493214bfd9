"""Measures what is deployed: how long the ingress takes to load, and how large the layer is."""

import io
import json
import os
import subprocess
import zipfile
from pathlib import Path

from bench.figures import Figure, median
from local.paths import BUILD, RUNTIME_PYTHON

LAYER = BUILD / "SwitchhookLayer"
STARTS = 7
FORBIDDEN = (
    "pydantic",
    "requests",
    "simple_salesforce",
    "phonenumbers",
    "zeep",
    "lxml",
    "aws_xray_sdk",
    "aws_lambda_powertools.event_handler",
)
_MEGABYTE = 1_000_000

_PROBE = """
import json, sys, time
began = time.process_time()
import handler
spent_ms = (time.process_time() - began) * 1000
print(json.dumps({"spent_ms": spent_ms, "modules": sorted(sys.modules)}))
"""


def figures() -> list[Figure]:
    """The ingress's cold start and the layer's size."""
    starts = [_start_ingress() for _ in range(STARTS)]
    loaded = {name for _, modules in starts for name in modules}
    heavy = [name for name in FORBIDDEN if name in loaded]
    unzipped, zipped = _sizes(LAYER)
    return [
        Figure(
            what="ingress import, CPU",
            value=f"{median([spent_ms for spent_ms, _ in starts]):.0f} ms",
            how=f"median of {STARTS} new processes, built layer and function, clients included",
        ),
        Figure(
            what="heavy modules loaded by the ingress",
            value=", ".join(heavy) or "none",
            how=f"looked for: {', '.join(FORBIDDEN[:4])} and {len(FORBIDDEN) - 4} more",
        ),
        Figure(
            what="layer, unzipped / zipped",
            value=f"{unzipped / _MEGABYTE:.1f} / {zipped / _MEGABYTE:.1f} MB",
            how="sum of its files / deflated as SAM does; 262 MB are allowed unzipped",
        ),
    ]


def _start_ingress() -> tuple[float, list[str]]:
    """CPU milliseconds and modules of one init phase, in the runtime's own environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{LAYER / 'python'}{os.pathsep}{BUILD / 'CallEndedFunction'}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "TENANT_TABLE": "tenants",
        "PAYLOAD_BUCKET": "payloads",
        "ACTIVITY_QUEUE_URL": "https://queue.example.com/1",
        "KMS_KEY_ID": "key",
    }
    done = subprocess.run(
        [RUNTIME_PYTHON, "-c", _PROBE], env=environment, check=True, capture_output=True, text=True
    )
    told = json.loads(done.stdout)
    return told["spent_ms"], told["modules"]


def _sizes(folder: Path) -> tuple[int, int]:
    """Bytes of a folder's files, and of the archive that they make."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in files:
            zipped.write(path, path.relative_to(folder))
    return sum(path.stat().st_size for path in files), len(archive.getvalue())
