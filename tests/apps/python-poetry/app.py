"""Answers with the Python it runs on."""
import platform

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return f"flask on Python {platform.python_version()}"
