"""Reasons for which a verb ends without a result."""

import os


class Problem(Exception):
    """Why this node is not up: names it. `node` is another node that has the problem, if any."""

    def __init__(self, text, node=None):
        super().__init__(text)
        self.node = node


def explain(error):
    """The reason, for a task whose own result is hidden. Never the text of an unforeseen error other
    than the system's: a parser's would quote the file."""
    if isinstance(error, (Problem, OSError)):
        return str(error)
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    where = os.path.basename(trace.tb_frame.f_code.co_filename)
    return f'{type(error).__name__} in {where}, line {trace.tb_lineno}'
