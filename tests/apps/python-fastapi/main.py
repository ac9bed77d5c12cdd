"""Answers with the Python it runs on, and whether a development dependency came along."""
import importlib.util
import platform

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def index():
    return {"python": platform.python_version(), "dev": importlib.util.find_spec("iniconfig") is not None}
