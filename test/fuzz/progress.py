"""Hooks of Schemathesis: write each request to a file before it is sent, and again when it is over.

The program that starts Schemathesis reads this file. It sees from it whether the run makes progress,
and which request has no response. Schemathesis itself prints nothing while it waits.
"""

import os

import schemathesis

_file = open(os.environ['FUZZ_PROGRESS_FILE'], 'a', buffering=1, encoding='utf-8')


def _write(word, case):
    _file.write(f'{word} {case.operation.label} {ascii(case.formatted_path)}\n')


@schemathesis.hook
def before_call(context, case, kwargs):
    _write('sent', case)


@schemathesis.hook
def after_call(context, case, response):
    _write('done', case)


@schemathesis.hook
def after_network_error(context, case, request):
    _write('failed', case)
