"""Creates, approves, watches and destroys a cluster with the Python client of openapi-generator.

Arguments: the URL of the server and the name of the cluster. The generated package is on PYTHONPATH.
"""

import sys
import time

import openapi_client
from openapi_client import (
    ApproveOperationRequest,
    ClustersApi,
    CreateClusterRequest,
    OperationEvent,
    OperationsApi,
    ParameterValue,
)

WAIT_LIMIT_SECONDS = 180


def watch(operations: OperationsApi, operation_id: str) -> str:
    """Prints the type of each event as it arrives; returns that of the last one."""
    # Not follow_operation, which returns nothing before the stream ends.
    stream = operations.follow_operation_without_preload_content(operation_id)
    last = ''
    for line in stream:
        if line.startswith(b'data: '):
            last = OperationEvent.from_json(line[len(b'data: ') :]).actual_instance.type
            print(last)
    return last


def wait_for(operations: OperationsApi, operation_id: str, state: str) -> None:
    deadline = time.monotonic() + WAIT_LIMIT_SECONDS
    while time.monotonic() < deadline:
        operation = operations.get_operation(operation_id)
        if operation.state == state:
            return
        if operation.state == 'failed':
            raise SystemExit(f'the operation failed: {operation.error}')
        time.sleep(0.2)
    raise SystemExit(f'operation {operation_id} did not become {state}')


def main(url: str, name: str) -> None:
    with openapi_client.ApiClient(openapi_client.Configuration(host=url)) as client:
        clusters, operations = ClustersApi(client), OperationsApi(client)
        created = clusters.create_cluster(
            CreateClusterRequest(name=name, replica_count=0, parameters={'work_mem': ParameterValue('8MB')})
        )
        wait_for(operations, created.id, 'awaiting-approval')
        operations.approve_operation(created.id, approve_operation_request=ApproveOperationRequest())
        last = watch(operations, created.id)
        assert last == 'operation.succeeded', last
        assert clusters.get_cluster(name).status == 'healthy'
        destroyed = clusters.destroy_cluster(name=name, confirm=name)
        wait_for(operations, destroyed.id, 'succeeded')
    print('destroyed', name)


main(*sys.argv[1:])
