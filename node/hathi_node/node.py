"""The request of a verb: its arguments, its files, and whether it may change anything."""

import os
import subprocess


class Node:
    """One request. `params`: the arguments of the verb. In `check_mode` a verb changes nothing."""

    def __init__(self, payload):
        self.params = payload['arguments']
        self.files = payload['files']
        self.check_mode = payload['check_mode']

    def file(self, path):
        """What a file is to be: path, content, owner, mode."""
        return next(entry for entry in self.files if entry['path'] == path)

    def take(self, path):
        """The same for a file that is not to be placed with the others."""
        entry = self.file(path)
        self.files.remove(entry)
        return entry

    @staticmethod
    def run(words, **environment):
        """Returns (exit code, stdout)."""
        done = subprocess.run(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd='/',
            env={**os.environ, **environment},
        )
        return done.returncode, done.stdout.decode(errors='replace').strip()
