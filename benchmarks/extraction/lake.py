"""A lake of one MySQL source, made for one run of tarn."""
import json, pathlib, subprocess


def make(tarn, folder, server, database, tables, source="source"):
    """FOLDER becomes a lake whose SOURCE has the tables: a mapping of names to their YAML keys."""
    folder = pathlib.Path(folder)
    subprocess.run([tarn, "init", str(folder)], check=True, capture_output=True)
    (folder / "lake.yaml").write_text(f"""name: bench
store: ./lake
resources: {{ memory_limit: 4GB, threads: 2 }}
environment: bench
environments:
  bench:
    connections:
      server: {{ kind: mysql, host: 127.0.0.1, port: {server.port}, user: bench, password: "${{BENCH_PASSWORD}}" }}
""")
    lines = [f"  {name}: {{ {keys} }}" for name, keys in tables.items()]
    (folder / f"sources/{source}.yaml").write_text(
        f"connection: server\ndatabase: {database}\ntables:\n" + "\n".join(lines) + "\n")
    return folder


def knows(tarn, key):
    """Whether a table of a source may have the key, as this version's own JSON Schema says."""
    schema = json.loads(subprocess.run([tarn, "schema", "source"], check=True, capture_output=True).stdout)
    return f'"{key}"' in json.dumps(schema)
