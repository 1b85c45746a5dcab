"""Creates, approves, watches and destroys a cluster with the client of openapi-python-client.

Arguments: the URL of the server and the name of the cluster. The generated package is on PYTHONPATH.
"""

import json
import sys
import time

from hathi_client import Client
from hathi_client.api.clusters import create_cluster, destroy_cluster, get_cluster
from hathi_client.api.operations import approve_operation, get_operation
from hathi_client.models import (
    ApproveOperationBody,
    CreateClusterBody,
    CreateClusterBodyParameters,
    OperationSucceededEvent,
    StageSucceededEvent,
)

WAIT_LIMIT_SECONDS = 180
TYPED_EVENTS = {'stage.succeeded': StageSucceededEvent, 'operation.succeeded': OperationSucceededEvent}


def watch(client: Client, operation_id: str) -> str:
    """Prints the type of each event as it arrives; returns that of the last one."""
    # Not follow_operation.sync, which returns nothing before the stream ends.
    path = f'/api/v1/operations/{operation_id}/events'
    last = ''
    with client.get_httpx_client().stream('GET', path) as stream:
        for line in stream.iter_lines():
            if line.startswith('data: '):
                event = json.loads(line.removeprefix('data: '))
                last = event['type']
                print(last)
                # The union has no class here: `type` names the class of the event.
                if last in TYPED_EVENTS:
                    typed = TYPED_EVENTS[last].from_dict(event)
                    assert typed.sequence == event['sequence']
    return last


def wait_for(client: Client, operation_id: str, state: str) -> None:
    deadline = time.monotonic() + WAIT_LIMIT_SECONDS
    while time.monotonic() < deadline:
        operation = get_operation.sync(operation_id, client=client)
        if operation.state == state:
            return
        if operation.state == 'failed':
            raise SystemExit(f'the operation failed: {operation.error}')
        time.sleep(0.2)
    raise SystemExit(f'operation {operation_id} did not become {state}')


def main(url: str, name: str) -> None:
    with Client(base_url=url, timeout=WAIT_LIMIT_SECONDS, raise_on_unexpected_status=True) as client:
        created = create_cluster.sync(
            client=client,
            body=CreateClusterBody(
                name=name,
                replica_count=0,
                parameters=CreateClusterBodyParameters.from_dict({'work_mem': '8MB'}),
            ),
        )
        wait_for(client, created.id, 'awaiting-approval')
        approve_operation.sync(created.id, client=client, body=ApproveOperationBody())
        last = watch(client, created.id)
        assert last == 'operation.succeeded', last
        assert get_cluster.sync(name, client=client).status == 'healthy'
        destroyed = destroy_cluster.sync(name, client=client, confirm=name)
        wait_for(client, destroyed.id, 'succeeded')
    print('destroyed', name)


main(*sys.argv[1:])
