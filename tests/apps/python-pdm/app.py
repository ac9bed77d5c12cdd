"""Answers with what it was installed with."""
import importlib.metadata


def app(environment, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"pdm brought gunicorn {importlib.metadata.version('gunicorn')}".encode()]
