"""`python3 -m hathi_node < request.json` on a node: prints the result of one verb as JSON."""

import json
import sys

from hathi_node.dispatch import start

if __name__ == '__main__':
    result = start(json.load(sys.stdin))
    print(json.dumps(result))
    sys.exit(1 if result.get('problem') else 0)
