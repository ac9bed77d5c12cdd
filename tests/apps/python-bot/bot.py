"""Polls like a chat bot: no port, config vars TOKEN and MODE."""
import os
import signal
import threading

stopped = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())
print(f"bot is up: mode {os.environ['MODE']}, token of {len(os.environ['TOKEN'])} characters", flush=True)
while not stopped.wait(1):
    pass
print("bot says goodbye", flush=True)
