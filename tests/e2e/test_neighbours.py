"""One app's dynos run wild; the others and davitd go on as before."""
import os
import time
import unittest

from davit_e2e import DavitTest, wait_until

# Each a process type of the wild app.
BOMBS = {
    "cpu": "for (;;) {}",
    "memory": "const hog = []; setInterval(() => hog.push(Buffer.alloc(8 << 20, 1)), 5);",
    "disk": """
const fs = require('fs');
const block = Buffer.alloc(1 << 20, 1);
let count = 0;
setInterval(() => {  // many files: one alone meets the limit of a file's size first
  try { for (let i = 0; i < 16; i++) fs.writeFileSync('/app/hog' + count++, block); } catch (e) {}
}, 5);
""",
    "fork": """
const { spawn } = require('child_process');
let told = false;  // the log keeps 1,500 lines, and others have something to tell too
const tell = () => { if (!told) console.log('no more processes'); told = true; };
const multiply = () => {
  const child = spawn('/bin/sh', ['-c', 'sleep 1000'], { detached: true, stdio: 'ignore' });
  child.on('error', tell);
};
setInterval(() => { for (let i = 0; i < 8; i++) multiply(); }, 5);
""",
}
# A request that takes longer was starved; the host itself may be busy, so this is no measurement.
STARVED = 10  # seconds
PATIENCE = 240  # until each of the bombs was told of


class Neighbours(DavitTest):
    def shop(self):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.push(folder)
        self.davit.up("shop", 1)

    def wild(self):
        self.davit.create("wild")
        folder = self.davit.checkout("wild", "hello-node")
        procfile = "web: node server.js\n" + "".join(f"{name}: node {name}.js\n" for name in BOMBS)
        for name, program in BOMBS.items():
            (folder / f"{name}.js").write_text(program)
        self.davit.commit(folder, "bombs", Procfile=procfile)
        self.davit.push(folder)
        self.davit.scale("wild", web=0, **{name: 1 for name in BOMBS})

    def slowest(self, count):
        """The 99th percentile and the longest of some requests, in seconds."""
        times = []
        for _ in range(count):
            begin = time.monotonic()
            self.assertEqual(self.davit.get("shop", "/info").status, 200)
            times.append(time.monotonic() - begin)
        times.sort()
        return times[int(count * 0.99)], times[-1]

    def test_bombs_are_contained(self):
        self.shop()
        quiet, _ = self.slowest(200)
        self.wild()

        def contained():
            logs = self.davit.logs("wild")
            return all(word in logs for word in ("Error R15", "Error R22", "no more processes"))
        attacked, longest = [], []
        end = time.monotonic() + PATIENCE
        while not contained():
            self.assertLess(time.monotonic(), end, self.davit.logs("wild")[-3000:])
            p99, worst = self.slowest(100)
            attacked.append(p99)
            longest.append(worst)
        print(f"p99 quiet {1000 * quiet:.1f} ms, during attacks {1000 * max(attacked):.1f} ms",
              flush=True)
        self.assertLess(max(longest), STARVED)
        begin = time.monotonic()
        self.davit.api("GET", "/apps")
        self.davit.scale("wild", **{name: 0 for name in BOMBS})
        self.assertLess(time.monotonic() - begin, STARVED)
        wait_until("the wild ones are gone", lambda: not self.davit.dynos("wild"))
        # Nothing of them is left either: not even a process that left its session.
        wait_until("one dyno is left", lambda: len(self.davit.launcher_pids()) == 1)
        self.assertEqual(os.listdir(self.davit.data / "scratch"),
                         [self.davit.dynos("shop")[0]["id"]])


if __name__ == "__main__":
    unittest.main(verbosity=2)
