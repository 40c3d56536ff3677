"""Where the server is, as the peers' scripts are told by their environment."""
import os

host, port = os.environ["BENCH_HOST"], os.environ["BENCH_PORT"]
user, password = os.environ["BENCH_USER"], os.environ["BENCH_PASSWORD"]
database = os.environ["BENCH_DATABASE"]


def url(scheme):
    return f"{scheme}://{user}:{password}@{host}:{port}/{database}"
