"""Limits of waiting."""

import time

from hathi_node.problem import Problem


class Progress:
    """A deadline that is extended by progress."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds
        self.last = None

    def saw(self, what):
        if what != self.last:
            self.last = what
            self.deadline = time.monotonic() + self.seconds

    def is_over(self):
        return time.monotonic() > self.deadline

    def check(self, reason, node=None):
        if self.is_over():
            raise Problem(f'{reason}, and nothing has moved for {self.seconds} s', node)


class Seldom:
    """For what costs too much to be done at every look."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.next = time.monotonic() + seconds

    def is_due(self):
        now = time.monotonic()
        if now < self.next:
            return False
        self.next = now + self.seconds
        return True
