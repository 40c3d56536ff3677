"""Runs the examples of a page as they stand, and prints what each printed.

    examples.py PAGE

One line of JSON for each block of python or sh: {"heading", "code", "output", "errors"}.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

heading = None
block = None
packages = os.path.join(os.path.dirname(os.path.dirname(sys.executable)), "lib")
extension = next(os.path.join(folder, "azure.duckdb_extension") for folder, _, names in os.walk(packages)
                 if "azure.duckdb_extension" in names)
for line in open(sys.argv[1], encoding="utf-8"):
    if block is not None:
        if line.startswith("```"):
            language, lines = block
            block = None
            # The extension is a package here, and not fetched.
            code = "".join(lines).replace("INSTALL azure; LOAD azure", f"LOAD '{extension}'")
            command = [sys.executable, "-c", code] if language == "python" else ["bash", "-euo", "pipefail", "-c", code]
            with tempfile.TemporaryDirectory() as folder:
                ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env={
                    **os.environ, "PATH": os.path.dirname(sys.executable) + ":" + os.environ["PATH"]})
            print(json.dumps({"heading": heading, "code": ended.returncode, "output": ended.stdout,
                              "errors": ended.stderr[-2000:]}), flush=True)
        else:
            block[1].append(line)
    elif match := re.match(r"```(python|sh)$", line):
        block = (match[1], [])
    elif line.startswith("## "):
        heading = line[3:].strip()
