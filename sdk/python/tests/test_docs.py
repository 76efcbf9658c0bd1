"""The Python of docs/python.md, as it stands."""

import contextlib
import io
import os
import re
import sys
import unittest.mock

from .running import REPOSITORY, ServiceTest


class PageTests(ServiceTest):
    def test_every_block_runs(self):
        with open(os.path.join(REPOSITORY, "docs", "python.md"), encoding="utf-8") as page:
            blocks = re.findall(r"^```python\n(.*?)^```$", page.read(), re.MULTILINE | re.DOTALL)
        modules = [block for block in blocks if block.startswith("# images.py\n")]
        self.assertEqual((1, 6), (len(modules), len(blocks)))
        with open(self.path("images.py"), "w", encoding="utf-8") as file:
            file.write(modules[0])
        worker = self.start("page", module=self.path("images.py"))
        self.addCleanup(worker.close)
        with unittest.mock.patch.dict(os.environ, {"OTASK_URL": self.service.url}), unittest.mock.patch.object(sys, "path", [self.own, *sys.path]), \
                unittest.mock.patch("orleanstasks.tasks._default_client", None), \
                unittest.mock.patch.dict("orleanstasks.tasks.registry", clear=True):
            for block in blocks:
                if block in modules:
                    continue
                printed = io.StringIO()
                with contextlib.redirect_stdout(printed):
                    exec(compile(block, "docs/python.md", "exec"), {"__name__": "page"})
                # What a comment behind a print says is what it prints.
                expected = re.findall(r"^print\(.*\) +# ([\[{a-z].*)$", block, re.MULTILINE)
                for line in expected:
                    if not line.startswith("runs it here"):
                        self.assertIn(line, printed.getvalue().splitlines())
                self.assertEqual(bool(expected), "submit(\"a.png\"" in block)
        self.assertEqual(0, worker.end())
