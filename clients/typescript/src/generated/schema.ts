// Written by scripts/client.ts from openapi.json; change the routes, not this file.

export interface paths {
    "/api/v1/clusters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the clusters that are not destroyed */
        get: operations["listClusters"];
        put?: never;
        /**
         * Create a cluster, and verify its replication
         * @description Returns the operation. It creates a plan and waits for its approval, unless `approval` is `automatic`.
         */
        post: operations["createCluster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a cluster with its requested and its observed state */
        get: operations["getCluster"];
        put?: never;
        post?: never;
        /** Destroy a cluster: remove its machines, then its record */
        delete: operations["destroyCluster"];
        options?: never;
        head?: never;
        /**
         * Change a cluster
         * @description Labels and protection change at once (200). A change of the spec returns its operation (202), which creates a plan and waits for its approval. Members that are left out keep their value. With `If-Match`, the request fails if labels or protection were changed since that `ETag`.
         */
        patch: operations["updateCluster"];
        trace?: never;
    };
    "/api/v1/clusters/{name}/actions/repair": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring machines and nodes back to the spec
         * @description Starts stopped machines, creates missing ones, sets up their nodes, and verifies replication. Returns the operation, which creates a plan and waits for its approval.
         */
        post: operations["repairCluster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/actions/switchover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a replica the primary
         * @description The primary is shut down in order, so no acknowledged row is lost; writes stop for some seconds. The request is the approval. Replication is verified afterwards.
         */
        post: operations["switchOver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/connection": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the connection strings, with the password */
        get: operations["getConnection"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow the events of a cluster
         * @description Server-sent events: changes of conditions and roles. The id of an event is its sequence, so a client that reconnects with Last-Event-ID misses none.
         */
        get: operations["followCluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/failovers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the failovers of a cluster, newest first */
        get: operations["listFailovers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/forget": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Forget a cluster: remove its record, and keep its machines */
        post: operations["forgetCluster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the nodes of a cluster: planned, created and observed */
        get: operations["listNodes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/parameters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the PostgreSQL parameters of a cluster, with their values on each node */
        get: operations["listParameters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the plans of a cluster, newest first */
        get: operations["listPlans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the newest report of a cluster */
        get: operations["getLatestReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the reports of a cluster, newest first */
        get: operations["listReports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a metric of the nodes of a cluster over time
         * @description Rounds of 5 seconds for two days, averages of a minute for 30 days. A node has at most 720 points.
         */
        get: operations["getSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{name}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Verify the replication of a cluster */
        post: operations["verifyCluster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follow the events of all clusters */
        get: operations["followClusters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List operations, newest first */
        get: operations["listOperations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get an operation with its stages */
        get: operations["getOperation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approve the plan of an operation */
        post: operations["approveOperation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel an operation */
        post: operations["cancelOperation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow the events of an operation
         * @description Server-sent events: first the stored ones, then each new one, until the operation ends. The id of an event is its sequence, its data an `OperationEvent`.
         */
        get: operations["followOperation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry an operation that did not succeed
         * @description Returns a new operation. It skips work that is already done.
         */
        post: operations["retryOperation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orphans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List resources with the labels of Hathi that are in no Terraform state */
        get: operations["listOrphans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a plan with its changes and its configuration */
        get: operations["getPlan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a report */
        get: operations["getReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List webhooks */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Create a webhook that receives events of clusters
         * @description Each event is a CloudEvent 1.0, signed as in Standard Webhooks. A delivery that fails is repeated up to six times, within about eight hours.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a webhook */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /** Delete a webhook with its deliveries */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the deliveries of a webhook, newest first */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test event to a webhook
         * @description Returns the delivery before it is attempted; its type is `webhook.test`.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/apply-terraform": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Apply exactly the stored plan
         * @description Waits for the result. With `Prefer: respond-async`, it returns 202 immediately. Closing the connection does not cancel the operation.
         */
        post: operations["applyTerraform"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/create-ansible-script": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Generate Ansible for the nodes, with PostgreSQL parameters
         * @description Waits for the result. With `Prefer: respond-async`, it returns 202 immediately. Closing the connection does not cancel the operation.
         */
        post: operations["createAnsibleScript"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/destroy-terraform": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Destroy a cluster: remove all of its machines
         * @description Waits for the result. With `Prefer: respond-async`, it returns 202 immediately. Closing the connection does not cancel the operation.
         */
        post: operations["destroyTerraform"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/errors/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Explain an error code */
        get: operations["getError"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/execute-ansible-script": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run Ansible: set up etcd, Patroni and PostgreSQL on the nodes
         * @description Waits for the result. With `Prefer: respond-async`, it returns 202 immediately. Closing the connection does not cancel the operation.
         */
        post: operations["executeAnsibleScript"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/generate-terraform": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Generate Terraform for a new or changed cluster
         * @description Waits for the result. With `Prefer: respond-async`, it returns 202 immediately. Closing the connection does not cancel the operation.
         */
        post: operations["generateTerraform"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check that the server runs */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the metrics for Prometheus */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plan-terraform": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create and store a Terraform plan
         * @description Waits for the result. With `Prefer: respond-async`, it returns 202 immediately. Closing the connection does not cancel the operation.
         */
        post: operations["planTerraform"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check whether the server can work */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/verify-replication": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verify that every replica replicates
         * @description Waits for the result. With `Prefer: respond-async`, it returns 202 immediately. Closing the connection does not cancel the operation.
         */
        post: operations["verifyReplication"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AnsibleHostEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                duration_seconds: number;
                /** @description Name of the node. */
                host: string;
                /** @description Reason of a failure. */
                message: string | null;
                /** @description Role of Ansible; null outside roles. */
                role: string | null;
                /** @enum {string} */
                status: "ok" | "changed" | "failed" | "unreachable" | "skipped";
                task: string;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ansible.host";
        };
        AnsibleRecapEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                duration_seconds: number;
                /** @description Number of tasks of each node, by result. */
                hosts: {
                    [key: string]: {
                        changed: number;
                        failed: number;
                        ok: number;
                        skipped: number;
                        unreachable: number;
                    };
                };
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ansible.recap";
        };
        AnsibleTaskEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description Role of Ansible; null outside roles. */
                role: string | null;
                task: string;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ansible.task";
        };
        /**
         * @description Result of the apply.
         * @example {
         *       "operation": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *       "plan_id": "01a20b10-41aa-7e31-9f55-6a7b8c9d0e03",
         *       "applied": true,
         *       "resources": {
         *         "added": 4,
         *         "changed": 0,
         *         "destroyed": 0
         *       },
         *       "started": [],
         *       "nodes": [
         *         {
         *           "name": "orders-1",
         *           "address": "10.201.0.11",
         *           "subnet": "10.201.0.0/24",
         *           "ssh_host": "127.0.0.1",
         *           "ssh_port": 20011,
         *           "postgres_host": "127.0.0.1",
         *           "postgres_port": 25011,
         *           "zone": null,
         *           "instance_id": null
         *         }
         *       ]
         *     }
         */
        AppliedTerraform: {
            applied: boolean;
            nodes: components["schemas"]["ClusterNode"][];
            /** @description Id of the operation. */
            operation: string;
            plan_id: string;
            resources: {
                added: number;
                changed: number;
                destroyed: number;
            };
            /** @description Machines that the apply started. */
            started?: string[];
        };
        ApplyTerraformResult: {
            applied: boolean;
            nodes: components["schemas"]["ClusterNode"][];
            plan_id: string;
            resources: {
                added: number;
                changed: number;
                destroyed: number;
            };
            /** @description Machines that the apply started. */
            started?: string[];
        };
        ApplyTerraformStage: {
            /** @description Number of the attempt that last ran it, from 1. */
            attempt: number;
            ended_at: string | null;
            error: components["schemas"]["StoredError"] | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "apply-terraform";
            /** @description Waits for approval of the plan, unless approval is automatic. */
            needs_approval: boolean;
            /** @description Node that the stage works on; null for the cluster. */
            node: string | null;
            /** @description Result; null before the stage succeeded. */
            outcome: components["schemas"]["ApplyTerraformResult"] | null;
            /** @description From 0; identifies the stage in its operation. */
            position: number;
            /** @description The stage does not start earlier. */
            run_after: string | null;
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "interrupted";
        };
        /**
         * @description A cluster with its requested and its observed state.
         * @example {
         *       "id": "01a20b10-3c5e-7c11-a2b4-5f0f3a9d1e01",
         *       "name": "orders",
         *       "spec": {
         *         "name": "orders",
         *         "target": "local",
         *         "instance_type": "t2.medium",
         *         "replica_count": 2,
         *         "postgres_version": "17",
         *         "failover_profile": "balanced",
         *         "allow_list": [],
         *         "parameters": {
         *           "max_connections": "200"
         *         }
         *       },
         *       "spec_revision": 1,
         *       "infrastructure_revision": 1,
         *       "terraform_generated_revision": 1,
         *       "applied_revision": 1,
         *       "ansible_generated_revision": 1,
         *       "ansible_executed_revision": 1,
         *       "nodes": [
         *         {
         *           "name": "orders-1",
         *           "address": "10.201.0.11",
         *           "subnet": "10.201.0.0/24",
         *           "ssh_host": "127.0.0.1",
         *           "ssh_port": 20011,
         *           "postgres_host": "127.0.0.1",
         *           "postgres_port": 25011,
         *           "zone": null,
         *           "instance_id": null
         *         }
         *       ],
         *       "topology": {
         *         "primary": "orders-1",
         *         "nodes": [
         *           {
         *             "name": "orders-1",
         *             "role": "primary"
         *           },
         *           {
         *             "name": "orders-2",
         *             "role": "replica"
         *           },
         *           {
         *             "name": "orders-3",
         *             "role": "replica"
         *           }
         *         ],
         *         "observed_at": "2026-01-02T03:04:31.250Z"
         *       },
         *       "labels": {
         *         "team": "billing"
         *       },
         *       "deletion_protection": false,
         *       "status": "healthy",
         *       "conditions": [
         *         {
         *           "type": "one-primary",
         *           "status": "true",
         *           "reason": "OK",
         *           "message": "orders-1 is the only node that accepts writes.",
         *           "remedy": null,
         *           "since": "2026-01-02T03:04:31.250Z",
         *           "observed_at": "2026-01-02T03:04:31.250Z"
         *         }
         *       ],
         *       "pending_change": null,
         *       "operation": null,
         *       "latest_report": {
         *         "id": "01a20b11-0c1d-7f41-b1a2-7c8d9e0f1a04",
         *         "passed": true,
         *         "created_at": "2026-01-02T03:04:31.250Z"
         *       },
         *       "allowed_actions": [
         *         "verify",
         *         "destroy",
         *         "forget",
         *         "update"
         *       ],
         *       "created_at": "2026-01-02T03:04:05.000Z",
         *       "updated_at": "2026-01-02T03:04:31.250Z"
         *     }
         */
        Cluster: {
            allowed_actions: ("update" | "verify" | "switchover" | "repair" | "destroy" | "forget")[];
            ansible_executed_revision: number | null;
            ansible_generated_revision: number | null;
            /** @description Infrastructure revision of the machines. */
            applied_revision: number | null;
            /** @description In the order of severity; empty before the first observation. */
            conditions: components["schemas"]["Condition"][];
            /** @description ISO 8601, UTC. */
            created_at: string;
            /** @description While it is on, the cluster cannot be destroyed. */
            deletion_protection: boolean;
            id: string;
            /** @description Spec revision at which the machines last changed. */
            infrastructure_revision: number;
            /** @description Labels of the user. */
            labels: {
                [key: string]: string;
            };
            latest_report: {
                /** @description ISO 8601, UTC. */
                created_at: string;
                id: string;
                passed: boolean;
            } | null;
            name: string;
            /** @description null before the first apply. */
            nodes: components["schemas"]["ClusterNode"][] | null;
            /** @description Unfinished change of the cluster; null if there is none. */
            operation: {
                id: string;
                kind: string;
                state: string;
            } | null;
            /** @description Difference between the spec and the nodes; null if there is none. */
            pending_change: {
                /** @description Each difference with both values, by field. */
                changes: components["schemas"]["SpecChange"][];
                /** @description Members of the spec that differ, e.g. `replica_count`. */
                fields: string[];
                /**
                 * @description Step that comes next.
                 * @enum {string}
                 */
                next_step: "generate-terraform" | "plan-terraform" | "apply-terraform" | "create-ansible-script" | "execute-ansible-script" | "verify-replication" | "destroy-terraform";
            } | null;
            spec: components["schemas"]["ClusterSpec"];
            spec_revision: number;
            /**
             * @description `healthy`: every condition holds. `unknown`: there are no current facts. Otherwise the unfinished operation, or the first condition that does not hold; see `conditions`.
             * @enum {string}
             */
            status: "not-created" | "awaiting-approval" | "changing" | "destroying" | "no-primary" | "unreachable" | "degraded" | "failover-unavailable" | "low-capacity" | "certificate-expiring" | "clock-wrong" | "unverified" | "change-pending" | "unknown" | "healthy";
            terraform_generated_revision: number | null;
            topology: components["schemas"]["Topology"] | null;
            /** @description ISO 8601, UTC. */
            updated_at: string;
        };
        /**
         * @description A change that was observed on a cluster. `type` decides the members of `data`.
         * @example {
         *       "sequence": 12,
         *       "cluster": "orders",
         *       "type": "roles.changed",
         *       "at": "2026-01-12T09:30:02.100Z",
         *       "data": {
         *         "primary": "orders-2",
         *         "timeline": 2,
         *         "previous_primary": "orders-1",
         *         "previous_timeline": 1
         *       }
         *     }
         */
        ClusterEvent: components["schemas"]["ConditionChangedEvent"] | components["schemas"]["RolesChangedEvent"];
        ClusterNode: {
            /** @description Address inside the cluster's own network. */
            address: string;
            /** @description Id of the EC2 instance; null on other targets. */
            instance_id: string | null;
            name: string;
            /** @description null for a witness, because it has no PostgreSQL. */
            postgres_host: string | null;
            /** @description Port of `postgres_host`. */
            postgres_port: number | null;
            ssh_host: string;
            /** @description Port of `ssh_host`. */
            ssh_port: number;
            /** @description IPv4 network that the address is in. */
            subnet: string;
            /** @description Availability zone; null if the target has no zones. */
            zone: string | null;
        };
        /** @description The requested cluster. */
        ClusterSpec: {
            allow_list: string[];
            aws?: {
                /** @default null */
                ami_id: string | null;
                /** @default null */
                apt_mirror: string | null;
                /** @default null */
                apt_security_mirror: string | null;
                /** @default [] */
                availability_zones: string[];
                /** @default null */
                bastion: {
                    host: string;
                    host_key: string;
                    /** @default 22 */
                    port: number;
                    /** @default null */
                    private_key_file: string | null;
                    /** @default admin */
                    user: string;
                } | null;
                /**
                 * @default public
                 * @enum {string}
                 */
                connection: "public" | "private" | "bastion" | "ssm";
                /** @default [] */
                control_cidrs: string[];
                /**
                 * @default {
                 *       "size_gib": 20,
                 *       "iops": 3000,
                 *       "throughput_mib_s": 125
                 *     }
                 */
                data_volume: {
                    /** @default 3000 */
                    iops: number;
                    /** @default 20 */
                    size_gib: number;
                    /** @default 125 */
                    throughput_mib_s: number;
                };
                /** @default null */
                key_name: string | null;
                /** @default null */
                kms_key_id: string | null;
                /** @description Default: `{"mode":"default"}`. */
                network: {
                    /** @constant */
                    mode: "default";
                } | {
                    /** @constant */
                    mode: "existing";
                    subnet_ids: string[];
                    vpc_id: string;
                } | {
                    /** Format: cidrv4 */
                    cidr: string;
                    /** @constant */
                    mode: "own";
                    /** @default false */
                    private: boolean;
                };
                /** @default null */
                private_key_file: string | null;
                /** @default null */
                proxy: string | null;
                /**
                 * @default ephemeral
                 * @enum {string}
                 */
                public_address: "ephemeral" | "elastic";
                region: string;
                /**
                 * @default {
                 *       "size_gib": 12
                 *     }
                 */
                root_volume: {
                    /** @default 12 */
                    size_gib: number;
                };
                /** @default false */
                session_manager: boolean;
                /** @default admin */
                ssh_user: string;
                /** @default null */
                ssm_agent_sha256: string | null;
                /** @default null */
                ssm_agent_url: string | null;
                /** @default null */
                state_bucket: {
                    bucket: string;
                    key: string;
                    /** @default false */
                    path_style: boolean;
                    region: string;
                } | null;
                /** @default true */
                termination_protection: boolean;
            };
            /** @enum {string} */
            failover_profile: "fast" | "balanced" | "patient";
            instance_type: string;
            locales?: string[];
            name: string;
            parameters: {
                [key: string]: string;
            };
            /** @enum {string} */
            postgres_version: "15" | "16" | "17" | "18";
            replica_count: number;
            /** @enum {string} */
            target: "local" | "aws";
        };
        /** @description A statement about a cluster that holds or does not. */
        Condition: {
            /** @description Reason as a sentence, with the nodes that it is about. */
            message: string;
            /** @description Time of the last evaluation. */
            observed_at: string;
            /** @description Code of the reason, e.g. `PATRONI_PAUSED`. */
            reason: string;
            /** @description Next action; null if the condition holds. */
            remedy: components["schemas"]["Remedy"] | null;
            /** @description Time of the last change of `status`. */
            since: string;
            /** @enum {string} */
            status: "true" | "false" | "unknown";
            /** @enum {string} */
            type: "one-primary" | "reachable" | "replicas-streaming" | "failover-ready" | "capacity" | "certificates" | "clocks" | "verified" | "up-to-date";
        };
        ConditionChangedEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            /** @description Name of the cluster. */
            cluster: string;
            data: {
                /** @enum {string} */
                condition: "one-primary" | "reachable" | "replicas-streaming" | "failover-ready" | "capacity" | "certificates" | "clocks" | "verified" | "up-to-date";
                message: string;
                /** @description null: first evaluation. */
                previous_status: ("true" | "false" | "unknown") | null;
                reason: string;
                /** @enum {string} */
                status: "true" | "false" | "unknown";
            };
            /** @description Increases over all clusters. */
            sequence: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "condition.changed";
        };
        /**
         * @description Everything that a client needs to connect to PostgreSQL, including the password.
         * @example {
         *       "cluster": "orders",
         *       "user": "postgres",
         *       "password": "as-generated",
         *       "database": "postgres",
         *       "ca_certificate": "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n",
         *       "ca_certificate_path": "/home/ada/.local/share/hathi/clusters/orders/ansible/pki/ca.crt",
         *       "nodes": [
         *         {
         *           "name": "orders-1",
         *           "role": "primary",
         *           "host": "10.201.0.11",
         *           "port": 5432,
         *           "private_host": "10.201.0.11",
         *           "private_port": 5432,
         *           "uri": "postgresql://postgres:as-generated@10.201.0.11:5432/postgres?sslmode=verify-full&sslrootcert=%2Fhome%2Fada%2F.local%2Fshare%2Fhathi%2Fclusters%2Forders%2Fansible%2Fpki%2Fca.crt&connect_timeout=3"
         *         },
         *         {
         *           "name": "orders-2",
         *           "role": "replica",
         *           "host": "10.201.0.12",
         *           "port": 5432,
         *           "private_host": "10.201.0.12",
         *           "private_port": 5432,
         *           "uri": "postgresql://postgres:as-generated@10.201.0.12:5432/postgres?sslmode=verify-full&sslrootcert=%2Fhome%2Fada%2F.local%2Fshare%2Fhathi%2Fclusters%2Forders%2Fansible%2Fpki%2Fca.crt&connect_timeout=3"
         *         }
         *       ],
         *       "uri": "postgresql://postgres:as-generated@10.201.0.11:5432,10.201.0.12:5432/postgres?sslmode=verify-full&sslrootcert=%2Fhome%2Fada%2F.local%2Fshare%2Fhathi%2Fclusters%2Forders%2Fansible%2Fpki%2Fca.crt&connect_timeout=3&target_session_attrs=read-write",
         *       "strings": {
         *         "libpq": {
         *           "read_write": "postgresql://postgres:as-generated@10.201.0.11:5432,10.201.0.12:5432/postgres?sslmode=verify-full&sslrootcert=%2Fhome%2Fada%2F.local%2Fshare%2Fhathi%2Fclusters%2Forders%2Fansible%2Fpki%2Fca.crt&connect_timeout=3&target_session_attrs=read-write",
         *           "read_only": "postgresql://postgres:as-generated@10.201.0.12:5432,10.201.0.11:5432/postgres?sslmode=verify-full&sslrootcert=%2Fhome%2Fada%2F.local%2Fshare%2Fhathi%2Fclusters%2Forders%2Fansible%2Fpki%2Fca.crt&connect_timeout=3&target_session_attrs=prefer-standby"
         *         },
         *         "jdbc": {
         *           "read_write": "jdbc:postgresql://10.201.0.11:5432,10.201.0.12:5432/postgres?user=postgres&password=as-generated&sslmode=verify-full&sslrootcert=%2Fhome%2Fada%2F.local%2Fshare%2Fhathi%2Fclusters%2Forders%2Fansible%2Fpki%2Fca.crt&connectTimeout=6&sslResponseTimeout=3000&targetServerType=primary",
         *           "read_only": "jdbc:postgresql://10.201.0.12:5432,10.201.0.11:5432/postgres?user=postgres&password=as-generated&sslmode=verify-full&sslrootcert=%2Fhome%2Fada%2F.local%2Fshare%2Fhathi%2Fclusters%2Forders%2Fansible%2Fpki%2Fca.crt&connectTimeout=6&sslResponseTimeout=3000&targetServerType=preferSecondary"
         *         },
         *         "sqlalchemy": {
         *           "read_write": "postgresql+psycopg://postgres:as-generated@/postgres?host=10.201.0.11:5432&host=10.201.0.12:5432&sslmode=verify-full&sslrootcert=%2Fhome%2Fada%2F.local%2Fshare%2Fhathi%2Fclusters%2Forders%2Fansible%2Fpki%2Fca.crt&connect_timeout=3&target_session_attrs=read-write",
         *           "read_only": "postgresql+psycopg://postgres:as-generated@/postgres?host=10.201.0.12:5432&host=10.201.0.11:5432&sslmode=verify-full&sslrootcert=%2Fhome%2Fada%2F.local%2Fshare%2Fhathi%2Fclusters%2Forders%2Fansible%2Fpki%2Fca.crt&connect_timeout=3&target_session_attrs=prefer-standby"
         *         }
         *       },
         *       "observed_at": "2026-01-02T03:04:31.250Z"
         *     }
         */
        Connection: {
            /** @description CA certificate in PEM format; save it to a file on the machine of the client. */
            ca_certificate: string;
            /** @description Path of the same certificate on the machine of the server; the strings refer to it. */
            ca_certificate_path: string | null;
            cluster: string;
            database: string;
            /** @description The primary of the last observation first. A witness is not listed. */
            nodes: {
                host: string;
                name: string;
                port: number;
                /** @description Address inside the cluster's own network. */
                private_host: string;
                private_port: number;
                role: ("primary" | "replica" | "witness") | null;
                uri: string;
            }[];
            /** @description When the roles were observed. */
            observed_at: string | null;
            password: string;
            /** @description All nodes in one string. Each driver finds the primary or a replica, and tries the next node after 3 s. */
            strings: {
                /** @description pgJDBC. */
                jdbc: {
                    /** @description Connects to a replica, or to the primary if no replica responds. */
                    read_only: string;
                    /** @description Connects to the primary. */
                    read_write: string;
                };
                /** @description libpq and its descendants: psql, psycopg, pgx, tokio-postgres. */
                libpq: {
                    /** @description Connects to a replica, or to the primary if no replica responds. */
                    read_only: string;
                    /** @description Connects to the primary. */
                    read_write: string;
                };
                /** @description SQLAlchemy with psycopg. */
                sqlalchemy: {
                    /** @description Connects to a replica, or to the primary if no replica responds. */
                    read_only: string;
                    /** @description Connects to the primary. */
                    read_write: string;
                };
            };
            /** @description The same as `strings.libpq.read_write`. */
            uri: string;
            user: string;
        };
        CreateAnsibleScriptResult: {
            cluster: string;
            /** @description Paths are relative to the cluster's workspace. */
            files: {
                bytes: number;
                path: string;
                sha256: string;
            }[];
            /** @description Content of `inventory/hosts`. */
            inventory: string;
            parameters: {
                name: string;
                /** @description Whether a change needs a restart. */
                restart: boolean;
                /** @description `dynamic`: Patroni keeps it in etcd; `local`: each node does. */
                scope: string;
                /** @enum {string} */
                source: "spec" | "default";
                value: string;
            }[];
            /** @description Absolute path on the machine of the server. */
            workspace: string;
        };
        CreateAnsibleScriptStage: {
            /** @description Number of the attempt that last ran it, from 1. */
            attempt: number;
            ended_at: string | null;
            error: components["schemas"]["StoredError"] | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "create-ansible-script";
            /** @description Waits for approval of the plan, unless approval is automatic. */
            needs_approval: boolean;
            /** @description Node that the stage works on; null for the cluster. */
            node: string | null;
            /** @description Result; null before the stage succeeded. */
            outcome: components["schemas"]["CreateAnsibleScriptResult"] | null;
            /** @description From 0; identifies the stage in its operation. */
            position: number;
            /** @description The stage does not start earlier. */
            run_after: string | null;
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "interrupted";
        };
        /**
         * @description The generated Ansible.
         * @example {
         *       "operation": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *       "cluster": "orders",
         *       "workspace": "/home/ada/.local/share/hathi/clusters/orders/ansible",
         *       "files": [
         *         {
         *           "path": "ansible/main.yml",
         *           "bytes": 812,
         *           "sha256": "b5bb9d80…"
         *         }
         *       ],
         *       "inventory": "[postgres]\norders-1 ansible_host=127.0.0.1 ansible_port=20011\n",
         *       "parameters": [
         *         {
         *           "name": "max_connections",
         *           "value": "200",
         *           "scope": "dynamic",
         *           "restart": true,
         *           "source": "spec"
         *         }
         *       ]
         *     }
         */
        CreatedAnsibleScript: {
            cluster: string;
            /** @description Paths are relative to the cluster's workspace. */
            files: {
                bytes: number;
                path: string;
                sha256: string;
            }[];
            /** @description Content of `inventory/hosts`. */
            inventory: string;
            /** @description Id of the operation. */
            operation: string;
            parameters: {
                name: string;
                /** @description Whether a change needs a restart. */
                restart: boolean;
                /** @description `dynamic`: Patroni keeps it in etcd; `local`: each node does. */
                scope: string;
                /** @enum {string} */
                source: "spec" | "default";
                value: string;
            }[];
            /** @description Absolute path on the machine of the server. */
            workspace: string;
        };
        /**
         * @description A new webhook with its secret.
         * @example {
         *       "id": "01a20b11-0c20-7b52-8a11-9c0d1e2f3a06",
         *       "url": "https://example.com/hathi",
         *       "events": [
         *         "roles.changed"
         *       ],
         *       "clusters": [],
         *       "created_at": "2026-01-02T03:04:05.000Z",
         *       "secret": "whsec_as-generated"
         *     }
         */
        CreatedWebhook: {
            /** @description Names of clusters; empty: all. */
            clusters: string[];
            /** @description ISO 8601, UTC. */
            created_at: string;
            /** @description Types of events; empty: all. */
            events: ("condition.changed" | "roles.changed")[];
            id: string;
            /** @description Key of the signatures. It is returned once; keep it for the receiver. */
            secret: string;
            url: string;
        };
        /**
         * @description Removed and remaining resources.
         * @example {
         *       "operation": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *       "destroyed": true,
         *       "resources": {
         *         "destroyed": 4
         *       },
         *       "left": []
         *     }
         */
        DestroyedTerraform: {
            destroyed: boolean;
            /** @description Always empty: the operation fails if anything is left. */
            left: unknown[];
            /** @description Id of the operation. */
            operation: string;
            resources: {
                destroyed: number;
            };
        };
        DestroyTerraformResult: {
            destroyed: boolean;
            /** @description Always empty: the operation fails if anything is left. */
            left: unknown[];
            resources: {
                destroyed: number;
            };
        };
        DestroyTerraformStage: {
            /** @description Number of the attempt that last ran it, from 1. */
            attempt: number;
            ended_at: string | null;
            error: components["schemas"]["StoredError"] | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "destroy-terraform";
            /** @description Waits for approval of the plan, unless approval is automatic. */
            needs_approval: boolean;
            /** @description Node that the stage works on; null for the cluster. */
            node: string | null;
            /** @description Result; null before the stage succeeded. */
            outcome: components["schemas"]["DestroyTerraformResult"] | null;
            /** @description From 0; identifies the stage in its operation. */
            position: number;
            /** @description The stage does not start earlier. */
            run_after: string | null;
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "interrupted";
        };
        /** @enum {string} */
        ErrorCode: "MALFORMED_JSON" | "BODY_TOO_LARGE" | "HEADERS_TOO_LARGE" | "REQUEST_TIMEOUT" | "UNSUPPORTED_MEDIA_TYPE" | "TOO_MANY_REQUESTS" | "TOO_MANY_STREAMS" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "FORBIDDEN_HOST" | "FORBIDDEN_ORIGIN" | "UNAUTHORIZED" | "INVALID_REQUEST" | "INVALID_CURSOR" | "PRECONDITION_FAILED" | "IDEMPOTENCY_KEY_REUSED" | "IDEMPOTENCY_KEY_IN_USE" | "INVALID_CLUSTER_NAME" | "INVALID_LSN" | "PARAMETER_UNKNOWN" | "PARAMETER_INVALID" | "PARAMETER_OWNED" | "PARAMETER_READ_ONLY" | "PARAMETER_TOO_SMALL" | "PARAMETER_TOO_LARGE" | "PARAMETER_UNSAFE" | "PARAMETER_REJECTED" | "TOKEN_REQUIRED" | "CLUSTER_NOT_FOUND" | "CLUSTER_EXISTS" | "CLUSTER_PROTECTED" | "CLUSTER_BUSY" | "OPERATION_NOT_FOUND" | "REPORT_NOT_FOUND" | "PLAN_NOT_FOUND" | "WEBHOOK_NOT_FOUND" | "ID_AMBIGUOUS" | "TRANSITION_NOT_ALLOWED" | "STEP_MISSING" | "OPERATION_FAILED" | "OPERATION_CANCELLED" | "OPERATION_INTERRUPTED" | "LEASE_LOST" | "DEADLINE_EXCEEDED" | "PLAN_STALE" | "PLAN_ALTERED" | "PLAN_REFUSED" | "TERRAFORM_FAILED" | "STATE_UNREADABLE" | "ANSIBLE_FAILED" | "PARAMETER_NOT_APPLIED" | "REPLICATION_NOT_PROVEN" | "FAILOVER_NOT_READY" | "ETCD_NOT_READY" | "SWITCHOVER_REFUSED" | "NETWORK_TAKEN" | "NETWORK_EXHAUSTED" | "NODE_UNREACHABLE" | "NODE_REFUSED" | "NODE_SETUP_FAILED" | "CLOUD_UNAVAILABLE" | "CLOUD_REFUSED" | "TOOL_MISSING" | "TOOL_TOO_OLD" | "TOOL_FAILED" | "DISK_FULL" | "WORKSPACE_FAILED" | "PORT_IN_USE" | "DATA_DIRECTORY_LOCKED" | "DATABASE_UNAVAILABLE" | "CONFIGURATION_INVALID" | "SECRET_UNREADABLE" | "INTERNAL";
        /**
         * @description Meaning, cause and remedy of an error code.
         * @example {
         *       "code": "CLUSTER_BUSY",
         *       "status": 409,
         *       "title": "Another operation on the cluster is not finished yet.",
         *       "cause": "A cluster has one change at a time, and another one runs or waits.",
         *       "remedy": "Wait for the operation in the response, or cancel it."
         *     }
         */
        ErrorEntry: {
            cause: string;
            code: components["schemas"]["ErrorCode"];
            remedy: string;
            status: number;
            title: string;
        };
        ExecuteAnsibleScriptResult: {
            /** @description Number of tasks that changed something. */
            changed: number;
            cluster: string;
            /** @description Path of the connection strings. */
            connection: string;
            /** @description Number of parameters that were compared, and number of nodes. */
            parameters: {
                checked: number;
                nodes: number;
            };
            recap: {
                [key: string]: {
                    changed: number;
                    failed: number;
                    ok: number;
                    skipped: number;
                    unreachable: number;
                };
            };
            topology: components["schemas"]["Topology"];
        };
        ExecuteAnsibleScriptStage: {
            /** @description Number of the attempt that last ran it, from 1. */
            attempt: number;
            ended_at: string | null;
            error: components["schemas"]["StoredError"] | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "execute-ansible-script";
            /** @description Waits for approval of the plan, unless approval is automatic. */
            needs_approval: boolean;
            /** @description Node that the stage works on; null for the cluster. */
            node: string | null;
            /** @description Result; null before the stage succeeded. */
            outcome: components["schemas"]["ExecuteAnsibleScriptResult"] | null;
            /** @description From 0; identifies the stage in its operation. */
            position: number;
            /** @description The stage does not start earlier. */
            run_after: string | null;
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "interrupted";
        };
        /**
         * @description Result of the Ansible run, with the observed roles.
         * @example {
         *       "operation": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *       "cluster": "orders",
         *       "recap": {
         *         "orders-1": {
         *           "ok": 21,
         *           "changed": 14,
         *           "failed": 0,
         *           "unreachable": 0,
         *           "skipped": 3
         *         }
         *       },
         *       "changed": 14,
         *       "parameters": {
         *         "checked": 9,
         *         "nodes": 3
         *       },
         *       "topology": {
         *         "primary": "orders-1",
         *         "nodes": [
         *           {
         *             "name": "orders-1",
         *             "role": "primary"
         *           },
         *           {
         *             "name": "orders-2",
         *             "role": "replica"
         *           },
         *           {
         *             "name": "orders-3",
         *             "role": "replica"
         *           }
         *         ],
         *         "observed_at": "2026-01-02T03:04:31.250Z"
         *       },
         *       "connection": "/api/v1/clusters/orders/connection"
         *     }
         */
        ExecutedAnsibleScript: {
            /** @description Number of tasks that changed something. */
            changed: number;
            cluster: string;
            /** @description Path of the connection strings. */
            connection: string;
            /** @description Id of the operation. */
            operation: string;
            /** @description Number of parameters that were compared, and number of nodes. */
            parameters: {
                checked: number;
                nodes: number;
            };
            recap: {
                [key: string]: {
                    changed: number;
                    failed: number;
                    ok: number;
                    skipped: number;
                    unreachable: number;
                };
            };
            topology: components["schemas"]["Topology"];
        };
        /** @description Report of a change of the primary. */
        Failover: {
            cluster: string;
            id: string;
            /** @description From `lost_at` to `observed_at`; null if the loss was not observed. */
            interruption_seconds: number | null;
            /** @description Newest observed position of the previous primary. */
            last_lsn: {
                lsn: string;
                /** @description ISO 8601, UTC. */
                observed_at: string;
            } | null;
            /** @description Loss of the connection to the previous primary; null if it stayed connected. */
            lost_at: string | null;
            /** @description WAL of the previous primary after `switch_lsn` that was observed, so a lower limit; null if it is not known. */
            lost_bytes_at_least: number | null;
            /** @description First time at which the new primary accepted writes. */
            observed_at: string;
            previous_primary: string;
            previous_timeline: number | null;
            primary: string;
            /** @description Start of the new timeline by the clock of the new primary, in whole seconds. */
            promoted_at: string | null;
            /** @description When the target proved that its machine is down; null without a proof. */
            proven_down_at: string | null;
            /** @description Revocation of its lease; null without one. */
            released_at: string | null;
            /** @description Last position that both timelines have in common. */
            switch_lsn: string | null;
            timeline: number | null;
            /**
             * @description `machine-down`: Hathi released the lease. `patroni`: Patroni acted without it, also in a switchover.
             * @enum {string}
             */
            trigger: "machine-down" | "patroni";
        };
        /**
         * @description Failovers, newest first.
         * @example {
         *       "failovers": [
         *         {
         *           "id": "7",
         *           "cluster": "orders",
         *           "trigger": "machine-down",
         *           "previous_primary": "orders-1",
         *           "primary": "orders-2",
         *           "previous_timeline": 1,
         *           "timeline": 2,
         *           "lost_at": "2026-01-12T09:30:00.120Z",
         *           "proven_down_at": "2026-01-12T09:30:00.310Z",
         *           "released_at": "2026-01-12T09:30:00.640Z",
         *           "promoted_at": "2026-01-12T09:30:01.000Z",
         *           "observed_at": "2026-01-12T09:30:02.100Z",
         *           "interruption_seconds": 1.98,
         *           "switch_lsn": "0/5000180",
         *           "last_lsn": {
         *             "lsn": "0/5000100",
         *             "observed_at": "2026-01-12T09:29:57.000Z"
         *           },
         *           "lost_bytes_at_least": 0
         *         }
         *       ],
         *       "next_cursor": null
         *     }
         */
        FailoverList: {
            failovers: components["schemas"]["Failover"][];
            /** @description To be given as `cursor` for the next part; null with the last. */
            next_cursor: string | null;
        };
        FieldError: {
            /** @description What would be right. */
            expected?: string;
            /** @description What was wrong, as a sentence. */
            message: string;
            /** @description JSON pointer to the member that was wrong. */
            path: string;
            /** @description The nearest known name. */
            suggestion?: string;
        };
        /**
         * @description A cluster whose record was removed. Its machines were not changed.
         * @example {
         *       "cluster": "orders",
         *       "forgotten": true,
         *       "left": [
         *         {
         *           "kind": "node",
         *           "name": "hathi-3f9a2c-orders-1",
         *           "node": "orders-1",
         *           "operation_id": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *           "remove": "docker rm --force --volumes hathi-3f9a2c-orders-1"
         *         }
         *       ],
         *       "workspace": "/home/ada/.local/share/hathi/clusters/orders.forgotten"
         *     }
         */
        ForgottenCluster: {
            cluster: string;
            forgotten: boolean;
            /** @description Remaining resources; null if the target did not respond. */
            left: {
                /** @description Kind of the resource, e.g. `node`, `network`, `data-volume`. */
                kind: string;
                /** @description Name by which the target removes it. */
                name: string;
                /** @description null for a resource of the whole cluster. */
                node: string | null;
                /** @description Operation that created the resource. */
                operation_id: string;
                /** @description Shell command that removes the resource. */
                remove: string;
            }[] | null;
            /** @description Directory with the files of the cluster. */
            workspace: string | null;
        };
        /**
         * @description The generated Terraform.
         * @example {
         *       "operation": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *       "cluster": "default",
         *       "spec_revision": 1,
         *       "workspace": "/home/ada/.local/share/hathi/clusters/default",
         *       "files": [
         *         {
         *           "path": "terraform/main.tf",
         *           "bytes": 812,
         *           "sha256": "b5bb9d80…"
         *         }
         *       ],
         *       "engine": {
         *         "name": "terraform",
         *         "version": "1.11.4"
         *       },
         *       "notes": []
         *     }
         */
        GeneratedTerraform: {
            cluster: string;
            engine: {
                name: string;
                /** @description Path of the program. */
                path?: string;
                version: string;
            };
            /** @description Paths are relative to the cluster's workspace. */
            files: {
                bytes: number;
                path: string;
                sha256: string;
            }[];
            notes: string[];
            /** @description Id of the operation. */
            operation: string;
            spec_revision: number;
            /** @description Absolute path on the machine of the server. */
            workspace: string;
        };
        GenerateTerraformResult: {
            cluster: string;
            engine: {
                name: string;
                /** @description Path of the program. */
                path?: string;
                version: string;
            };
            /** @description Paths are relative to the cluster's workspace. */
            files: {
                bytes: number;
                path: string;
                sha256: string;
            }[];
            notes: string[];
            spec_revision: number;
            /** @description Absolute path on the machine of the server. */
            workspace: string;
        };
        GenerateTerraformStage: {
            /** @description Number of the attempt that last ran it, from 1. */
            attempt: number;
            ended_at: string | null;
            error: components["schemas"]["StoredError"] | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "generate-terraform";
            /** @description Waits for approval of the plan, unless approval is automatic. */
            needs_approval: boolean;
            /** @description Node that the stage works on; null for the cluster. */
            node: string | null;
            /** @description Result; null before the stage succeeded. */
            outcome: components["schemas"]["GenerateTerraformResult"] | null;
            /** @description From 0; identifies the stage in its operation. */
            position: number;
            /** @description The stage does not start earlier. */
            run_after: string | null;
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "interrupted";
        };
        MachineStart: {
            node: string;
            /** @description ISO 8601, UTC. */
            observed_at: string;
        };
        /**
         * @example {
         *       "name": "orders-2",
         *       "address": "10.201.0.11",
         *       "subnet": "10.201.0.0/24",
         *       "ssh_host": "127.0.0.1",
         *       "ssh_port": 20011,
         *       "postgres_host": "127.0.0.1",
         *       "postgres_port": 25011,
         *       "zone": null,
         *       "instance_id": null,
         *       "planned": true,
         *       "made": true,
         *       "role": "replica",
         *       "etcd": true,
         *       "machine": {
         *         "state": "running",
         *         "observed_at": "2026-01-02T03:04:31.250Z"
         *       },
         *       "replication": {
         *         "status": "streaming",
         *         "lag_bytes": 0,
         *         "lag_seconds": null,
         *         "observed_at": "2026-01-02T03:04:31.250Z"
         *       },
         *       "verification": {
         *         "status": "proven",
         *         "created_at": "2026-01-02T03:04:31.250Z"
         *       },
         *       "observation": {
         *         "reachable": true,
         *         "since": "2026-01-02T03:04:31.250Z",
         *         "reason": null,
         *         "observed_at": "2026-01-02T03:04:31.250Z",
         *         "facts": null
         *       }
         *     }
         */
        Node: {
            address: string | null;
            /** @description Whether the node is a member of etcd. */
            etcd: boolean;
            instance_id: string | null;
            /** @description Current state of the container or instance; null if it was not created or the target does not respond. */
            machine: {
                /** @description ISO 8601, UTC. */
                observed_at: string;
                /** @enum {string} */
                state: "running" | "stopped" | "missing";
            } | null;
            /** @description Whether Terraform created the node. */
            made: boolean;
            name: string;
            /** @description Newest facts of the node with their time; null before the first observation. */
            observation: {
                facts: components["schemas"]["NodeFacts"] | null;
                /** @description Arrival of the facts, by the clock of the server; null before the first. */
                observed_at: string | null;
                /** @description Whether the connection to the node is open; null before the first attempt. */
                reachable: boolean | null;
                /** @description Why the node is not reachable. */
                reason: string | null;
                /** @description Time of the last change of `reachable`. */
                since: string | null;
            } | null;
            /** @description Whether the current spec contains the node. */
            planned: boolean;
            postgres_host: string | null;
            postgres_port: number | null;
            /** @description Replication of a replica; null for other roles, and before the first observation. */
            replication: {
                /** @description WAL that the replica has not replayed yet. */
                lag_bytes: number | null;
                /** @description null while there is nothing to replay. */
                lag_seconds: number | null;
                /** @description ISO 8601, UTC. */
                observed_at: string;
                /**
                 * @description `unknown`: this node or the primary has no current facts.
                 * @enum {string}
                 */
                status: "streaming" | "not-streaming" | "unknown";
            } | null;
            /** @description Role as observed; null if it is not known at the moment. */
            role: ("primary" | "replica" | "witness") | null;
            ssh_host: string | null;
            ssh_port: number | null;
            subnet: string | null;
            /** @description From the newest report of the cluster. */
            verification: {
                /** @description ISO 8601, UTC. */
                created_at: string;
                /** @enum {string} */
                status: "proven" | "failed" | "no-postgresql";
            } | null;
            zone: string | null;
        };
        /** @description Facts of a node as it reported them. */
        NodeFacts: {
            /** @description Start of the round by the clock of the node. */
            at: string;
            /** @description Unix seconds by the clock of the node at the end of the round. */
            clock: number;
            duration_ms: number;
            etcd: ({
                certificate_ends: string | null;
                error: string | null;
                /** @description Whether a read through the quorum succeeded. */
                healthy: boolean;
                /** @description Names of the voting members. */
                members: string[] | null;
            } | {
                /** @description Why the part could not be read. */
                error: string;
            }) | null;
            machine: {
                boot_id: string;
                cores: number | null;
                /** @description `data` is the data directory, or `/`. */
                disks: {
                    [key: string]: {
                        free_bytes: number;
                        /** @description 0 to 1; null without a fixed number. */
                        free_inodes_ratio: number | null;
                        size_bytes: number;
                    } | {
                        /** @description Why the part could not be read. */
                        error: string;
                    };
                };
                /** @description Average of the last minute. */
                load: number;
                memory_available_bytes: number | null;
                memory_bytes: number | null;
            } | {
                /** @description Why the part could not be read. */
                error: string;
            };
            patroni: ({
                certificate_ends: string | null;
                /** @description Unix seconds of the last contact with etcd. */
                dcs_last_seen: number | null;
                /** @description Whether automatic failover is off. */
                paused: boolean;
                pending_restart: boolean;
                role: string | null;
                settings: {
                    failsafe_mode: boolean | null;
                    loop_wait: number | null;
                    maximum_lag_on_failover: number | null;
                    pause: boolean | null;
                    primary_start_timeout: number | null;
                    retry_timeout: number | null;
                    synchronous_mode: unknown;
                    ttl: number | null;
                } | null;
                state: string | null;
                sync_standby: boolean;
                timeline?: number | null;
                version: string | null;
            } | {
                /** @description Why the part could not be read. */
                error: string;
            }) | null;
            postgres: ({
                /** @description null if archiving is off. */
                archiver: {
                    archived: number;
                    failed: number;
                    last_archived_at: string | null;
                    last_failed_at: string | null;
                } | null;
                checksum_failures: number;
                /** @description Sum of `xact_commit` of the databases. */
                commits: number;
                current_lsn: string | null;
                in_recovery: boolean;
                max_connections: number;
                /** @description Parameters whose value waits for a restart. */
                pending_restart: string[];
                /** @description Start of the timeline of a primary; null on the first timeline, and on a replica. */
                promotion: {
                    /** @description ISO 8601, UTC. */
                    at: string;
                    previous_timeline: number;
                    /** @description Last position that both timelines have in common. */
                    switch_lsn: string;
                } | null;
                replica: {
                    received_lsn: string | null;
                    receiver_status: string | null;
                    replay_age_seconds: number | null;
                    replay_pause_state: string;
                    replayed_lsn: string | null;
                    sender_host: string | null;
                    slot_name: string | null;
                } | null;
                senders: {
                    application_name: string;
                    client_address: string | null;
                    pid: number;
                    replay_lag_seconds: number | null;
                    replayed_lsn: string | null;
                    sent_lsn: string | null;
                    state: string | null;
                    sync_state: string | null;
                }[];
                server_version: string;
                sessions: {
                    active: number;
                    idle_in_transaction: number;
                    oldest_transaction_seconds: number;
                    total: number;
                };
                /** @description Physical replication slots. */
                slots: {
                    active: boolean;
                    active_pid: number | null;
                    name: string;
                    restart_lsn: string | null;
                    /** @description WAL that the slot keeps; null on a replica. */
                    retained_bytes: number | null;
                    /** @description `reserved`, `extended`, `unreserved` or `lost`; null before its first use. */
                    wal_status: string | null;
                }[];
                started_at: string;
                system_identifier: string;
                timeline: number | null;
                /** @description Largest `age(datfrozenxid)` of the databases. */
                transaction_id_age: number;
            } | {
                /** @description Why the part could not be read. */
                error: string;
            }) | null;
            units: {
                /** @description By the name of the unit. */
                states: {
                    [key: string]: string;
                };
            } | {
                /** @description Why the part could not be read. */
                error: string;
            };
            version: number;
        };
        NodeProgressEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                copied_bytes?: number;
                /** @description Name of the node. */
                node: string;
                /** @description e.g. `creating replica`. */
                state: string;
                /** @description Program that runs on the node, e.g. `patroni-member`. */
                verb: string;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "node.progress";
        };
        NodeReadyEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description Name of the node. */
                node: string;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "node.ready";
        };
        NodeReport: {
            lag_bytes: number | null;
            /** @description null while there are no bytes to replay: an idle replica does not lag. */
            lag_seconds: number | null;
            /** @description From the commit on the primary to the read on this node. */
            marker_seen_after_ms: number | null;
            node: string;
            /** @description Reasons of `failed`. */
            reasons: {
                /** @enum {string} */
                code: "NODE_MISSING" | "NODE_UNREACHABLE" | "NO_PRIMARY" | "SECOND_PRIMARY" | "OTHER_SYSTEM_IDENTIFIER" | "OTHER_TIMELINE" | "NOT_STREAMING" | "NO_SLOT" | "SLOT_INACTIVE" | "REPLAY_PAUSED" | "MARKER_NOT_WRITTEN" | "MARKER_NOT_SEEN";
                /** @description Reason as a sentence. */
                message: string;
            }[];
            replayed_lsn: string | null;
            role: ("primary" | "replica" | "witness") | null;
            /** @description Duration of an empty query. */
            round_trip_ms: number | null;
            slot: {
                active: boolean;
                name: string;
            } | null;
            /**
             * @description `no-postgresql`: the node is a witness.
             * @enum {string}
             */
            status: "proven" | "failed" | "no-postgresql";
            streaming: boolean | null;
            system_identifier: string | null;
            timeline: number | null;
        };
        NodeStartedEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description Name of the node. */
                node: string;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "node.started";
        };
        /**
         * @description Durable work for one request on one cluster.
         * @example {
         *       "id": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *       "cluster_id": "01a20b10-3c5e-7c11-a2b4-5f0f3a9d1e01",
         *       "cluster_name": "orders",
         *       "kind": "create-cluster",
         *       "access": "change",
         *       "state": "awaiting-approval",
         *       "input": {},
         *       "approval": "manual",
         *       "attempt": 1,
         *       "cancel_level": 0,
         *       "stages": [
         *         {
         *           "position": 1,
         *           "name": "plan-terraform",
         *           "node": null,
         *           "needs_approval": false,
         *           "run_after": null,
         *           "state": "succeeded",
         *           "attempt": 1,
         *           "started_at": "2026-01-02T03:04:05.000Z",
         *           "ended_at": "2026-01-02T03:04:06.500Z",
         *           "outcome": {
         *             "plan_id": "01a20b10-41aa-7e31-9f55-6a7b8c9d0e03",
         *             "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         *             "summary": {
         *               "add": 4,
         *               "change": 0,
         *               "replace": 0,
         *               "destroy": 0,
         *               "empty": false
         *             },
         *             "changes": [
         *               {
         *                 "address": "module.cluster.terraform_data.node[\"orders-1\"]",
         *                 "type": "terraform_data",
         *                 "name": "node",
         *                 "actions": [
         *                   "create"
         *                 ],
         *                 "before": null,
         *                 "after": {
         *                   "input": {
         *                     "name": "orders-1"
         *                   }
         *                 },
         *                 "action_reason": null,
         *                 "attributes": [],
         *                 "node": "orders-1",
         *                 "part": "container",
         *                 "role": null,
         *                 "effect": "adds"
         *               }
         *             ],
         *             "refusals": [],
         *             "starts": [],
         *             "engine": {
         *               "name": "terraform",
         *               "version": "1.11.4"
         *             }
         *           },
         *           "error": null
         *         }
         *       ],
         *       "error": null,
         *       "run_after": null,
         *       "created_at": "2026-01-02T03:04:05.000Z",
         *       "started_at": "2026-01-02T03:04:05.000Z",
         *       "ended_at": null,
         *       "plan_id": "01a20b10-41aa-7e31-9f55-6a7b8c9d0e03",
         *       "allowed_actions": [
         *         "approve",
         *         "cancel"
         *       ],
         *       "last_sequence": 7
         *     }
         */
        Operation: {
            /**
             * @description A cluster has one unfinished change, one copy, and one read of each kind.
             * @enum {string}
             */
            access: "change" | "copy" | "read";
            allowed_actions: ("approve" | "cancel" | "force-cancel" | "retry")[];
            /**
             * @description `granted`: a person approved the plan.
             * @enum {string}
             */
            approval: "automatic" | "manual" | "granted";
            /** @description Number of claims by a worker, from 0. */
            attempt: number;
            /**
             * @description 0 not cancelled, 1 stop (SIGINT), 2 stop by force (SIGKILL).
             * @enum {integer}
             */
            cancel_level: 0 | 1 | 2;
            cluster_id: string;
            cluster_name: string;
            /** @description ISO 8601, UTC. */
            created_at: string;
            ended_at: string | null;
            error: components["schemas"]["StoredError"] | null;
            id: string;
            /** @description Input of the request that its stages read, e.g. PostgreSQL parameters. */
            input: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            kind: "generate-terraform" | "plan-terraform" | "apply-terraform" | "create-ansible-script" | "execute-ansible-script" | "verify-replication" | "destroy-terraform" | "create-cluster" | "change-cluster" | "repair-cluster" | "switchover";
            /** @description Sequence of the newest event; 0 if there is none. */
            last_sequence: number;
            /** @description Plan that the operation created or applies. */
            plan_id: string | null;
            /** @description A queued operation does not start earlier. */
            run_after: string | null;
            stages: components["schemas"]["Stage"][];
            started_at: string | null;
            /** @enum {string} */
            state: "queued" | "running" | "awaiting-approval" | "cancelling" | "succeeded" | "failed" | "cancelled" | "interrupted";
        };
        OperationApprovedEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description Plan that was approved. */
                plan_id: string | null;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "operation.approved";
        };
        OperationAwaitingApprovalEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: Record<string, never>;
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "operation.awaiting-approval";
        };
        OperationCancelledEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                error?: components["schemas"]["StoredError"];
                level?: number;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "operation.cancelled";
        };
        OperationCancellingEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description 1 stops cleanly (SIGINT), 2 by force (SIGKILL). */
                level: number;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "operation.cancelling";
        };
        /**
         * @description An event of an operation. `type` decides which members `data` has.
         * @example {
         *       "operation_id": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *       "sequence": 5,
         *       "attempt": 1,
         *       "at": "2026-01-02T03:04:06.500Z",
         *       "type": "stage.succeeded",
         *       "stage": "plan-terraform",
         *       "position": 1,
         *       "data": {
         *         "seconds": 0.4
         *       }
         *     }
         */
        OperationEvent: components["schemas"]["OperationQueuedEvent"] | components["schemas"]["OperationRunningEvent"] | components["schemas"]["OperationScheduledEvent"] | components["schemas"]["OperationAwaitingApprovalEvent"] | components["schemas"]["OperationApprovedEvent"] | components["schemas"]["OperationCancellingEvent"] | components["schemas"]["OperationCancelledEvent"] | components["schemas"]["OperationSucceededEvent"] | components["schemas"]["OperationFailedEvent"] | components["schemas"]["OperationInterruptedEvent"] | components["schemas"]["StageStartedEvent"] | components["schemas"]["StageSucceededEvent"] | components["schemas"]["StageFailedEvent"] | components["schemas"]["StageCancelledEvent"] | components["schemas"]["StageInterruptedEvent"] | components["schemas"]["TerraformLogEvent"] | components["schemas"]["TerraformPlanEvent"] | components["schemas"]["TerraformResourceEvent"] | components["schemas"]["TerraformOutputsEvent"] | components["schemas"]["AnsibleTaskEvent"] | components["schemas"]["AnsibleHostEvent"] | components["schemas"]["AnsibleRecapEvent"] | components["schemas"]["NodeStartedEvent"] | components["schemas"]["NodeReadyEvent"] | components["schemas"]["NodeProgressEvent"] | components["schemas"]["ReplicationNodeEvent"];
        OperationFailedEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                error: components["schemas"]["StoredError"];
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "operation.failed";
        };
        OperationInterruptedEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                error: components["schemas"]["StoredError"];
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "operation.interrupted";
        };
        OperationQueuedEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description Name of the cluster. */
                cluster: string;
                /** @description Procedure of the operation. */
                kind: string;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "operation.queued";
        };
        OperationRunningEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description Number of the attempt, from 1. */
                attempt: number;
                /** @description Stage that an earlier attempt had started; null if there is none. */
                resumed_stage: string | null;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "operation.running";
        };
        OperationScheduledEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description ISO 8601, UTC. */
                run_after: string;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "operation.scheduled";
        };
        OperationSucceededEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: Record<string, never>;
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "operation.succeeded";
        };
        Orphan: {
            cluster: string | null;
            /** @description Id in a Terraform state. Unique only with `type`: a role and its profile share a name. */
            id: string;
            /** @description Kind of the resource, e.g. `instance`, `data-volume`. */
            kind: string;
            name: string | null;
            node: string | null;
            /** @description Operation that created the resource. */
            operation_id: string | null;
            /** @description Region in which it was found. */
            region: string;
            /** @description Shell command that removes the resource. */
            remove: string;
            /** @description Site (data directory) that created the resource. */
            site: string | null;
            /** @description Type of the resource in the words of the provider. */
            type: string;
        };
        /**
         * @description Resources with the labels of Hathi that are in no Terraform state.
         * @example {
         *       "regions": [
         *         "eu-central-1"
         *       ],
         *       "failures": [],
         *       "orphans": [
         *         {
         *           "kind": "instance",
         *           "type": "instance",
         *           "id": "i-0a1b2c3d4e5f60718",
         *           "name": "orders-2",
         *           "region": "eu-central-1",
         *           "site": "9f86d0",
         *           "cluster": "orders",
         *           "node": "orders-2",
         *           "operation_id": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *           "remove": "aws ec2 terminate-instances --region eu-central-1 --instance-ids i-0a1b2c3d4e5f60718"
         *         }
         *       ]
         *     }
         */
        Orphans: {
            /** @description Regions that could not be searched. Their orphans are not in the list. */
            failures: {
                /** @description Error code, e.g. `CLOUD_UNAVAILABLE`. */
                code: string;
                /** @description Reason and remedy. */
                message: string;
                region: string;
            }[];
            orphans: components["schemas"]["Orphan"][];
            /** @description Regions that were searched. */
            regions: string[];
        };
        /**
         * @description The written value of each parameter, and the value that each node runs with.
         * @example {
         *       "parameters": [
         *         {
         *           "name": "max_connections",
         *           "value": "200",
         *           "default": "100",
         *           "unit": null,
         *           "source": "spec",
         *           "restart": true,
         *           "nodes": [
         *             {
         *               "node": "orders-1",
         *               "setting": "200",
         *               "source": "command line",
         *               "pending_restart": false
         *             }
         *           ]
         *         }
         *       ],
         *       "unreachable": []
         *     }
         */
        ParameterList: {
            parameters: {
                /** @description Value without any setting, in `unit`; null before a node was observed. */
                default: string | null;
                name: string;
                nodes: {
                    node: string;
                    pending_restart: boolean;
                    setting: string;
                    /** @description PostgreSQL's own word, e.g. `command line`. */
                    source: string;
                }[];
                /** @description Whether a change needs a restart. */
                restart: boolean | null;
                /**
                 * @description `spec`: requested; `hathi`: derived from the size of the node; `node`: found on the node, set by Patroni or by hand.
                 * @enum {string}
                 */
                source: "spec" | "hathi" | "node";
                /** @description Unit of `default` and `setting`, e.g. `8kB`. */
                unit: string | null;
                /** @description The written value; null if Hathi writes none. */
                value: string | null;
            }[];
            unreachable: {
                node: string;
                reason: string;
            }[];
        };
        /** @description Value of a PostgreSQL parameter. */
        ParameterValue: string | number | boolean;
        /**
         * @description A saved Terraform plan: reviewed once, applied once, as the same bytes.
         * @example {
         *       "id": "01a20b10-41aa-7e31-9f55-6a7b8c9d0e03",
         *       "cluster_name": "orders",
         *       "operation_id": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *       "infrastructure_revision": 1,
         *       "state": "ready",
         *       "destroy": false,
         *       "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         *       "engine": {
         *         "name": "terraform",
         *         "version": "1.11.4",
         *         "configuration_digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
         *       },
         *       "summary": {
         *         "add": 4,
         *         "change": 0,
         *         "replace": 0,
         *         "destroy": 0,
         *         "empty": false
         *       },
         *       "changes": [
         *         {
         *           "address": "module.cluster.terraform_data.node[\"orders-1\"]",
         *           "type": "terraform_data",
         *           "name": "node",
         *           "actions": [
         *             "create"
         *           ],
         *           "before": null,
         *           "after": {
         *             "input": {
         *               "name": "orders-1"
         *             }
         *           },
         *           "action_reason": null,
         *           "attributes": [],
         *           "node": "orders-1",
         *           "part": "container",
         *           "role": null,
         *           "effect": "adds"
         *         }
         *       ],
         *       "files": [
         *         {
         *           "path": "terraform/main.tf",
         *           "content": "module \"nodes\" {\n  …\n}\n"
         *         }
         *       ],
         *       "context": null,
         *       "refusals": [],
         *       "starts": [],
         *       "outcome": null,
         *       "allowed_actions": [
         *         "apply"
         *       ],
         *       "created_at": "2026-01-02T03:04:06.500Z"
         *     }
         */
        Plan: {
            allowed_actions: "apply"[];
            changes: components["schemas"]["ResourceChange"][];
            cluster_name: string;
            /** @description null for a target without an account. */
            context: components["schemas"]["PlanContext"] | null;
            /** @description ISO 8601, UTC. */
            created_at: string;
            /** @description Whether applying it removes the cluster. */
            destroy: boolean;
            /** @description `sha256:<hex>` of the plan file. */
            digest: string;
            engine: {
                /** @description `sha256:<hex>` of the configuration that the engine read. */
                configuration_digest: string;
                name: string;
                version: string;
            };
            /** @description The planned configuration, without the files of the module. */
            files: {
                content: string;
                path: string;
            }[];
            id: string;
            /** @description Spec revision of the planned machines. */
            infrastructure_revision: number;
            operation_id: string;
            /** @description Result of the apply; null before it. */
            outcome: {
                /** @description Absent if the plan removed the cluster. */
                applied?: boolean;
                nodes?: components["schemas"]["ClusterNode"][];
                plan_id: string;
                resources: {
                    added: number;
                    changed: number;
                    destroyed: number;
                };
                /** @description Machines that the apply started. */
                started?: string[];
            } | null;
            /** @description Reasons for which the plan cannot be applied (`PLAN_REFUSED`); empty if it can. */
            refusals: components["schemas"]["PlanRefusal"][];
            /** @description Stopped machines that the apply starts. No other machine is started. */
            starts: components["schemas"]["MachineStart"][];
            /** @enum {string} */
            state: "ready" | "applying" | "applied" | "stale" | "failed";
            summary: components["schemas"]["PlanSummary"];
        };
        /** @description Facts about the account, besides the changes of the plan. */
        PlanContext: {
            /** @description An estimate; null if the price of the machines is unknown. */
            cost: {
                /** @description Date of the prices, `YYYY-MM-DD`. */
                as_of: string;
                currency: string;
                /** @description What the sum includes, and what it leaves out. */
                note: string;
                parts: {
                    /** @description null if the price is unknown. */
                    per_month: number | null;
                    what: string;
                }[];
                /** @description Sum of the parts whose price is known. */
                per_hour: number;
                /** @description The same for 730 hours. */
                per_month: number;
                /** @description Source of the prices; absent in plans of earlier versions. */
                source?: string;
            } | null;
            findings: {
                /** @description Remedy; empty for `info`. */
                action: string;
                /** @description In kebab-case, e.g. `instance-type-offered`. */
                check: string;
                message: string;
                /**
                 * @description An apply would fail on an `error`. A `warning` may also be a check without a result.
                 * @enum {string}
                 */
                severity: "error" | "warning" | "info";
            }[];
            /** @description Account of the plan. */
            identity: {
                /** @description Number of the account, e.g. 12 digits. */
                account: string;
                /** @description Name of the caller in that account. */
                arn: string;
                region: string;
            };
        };
        PlanRefusal: {
            /** @description The next action. */
            action: string;
            /** @description Resource in the plan; null for several resources. */
            address: string | null;
            /** @description Attributes that cause it; empty for a removal. */
            attributes: string[];
            /** @description What the plan would do, to what, and why that is refused. */
            message: string;
            /** @description null if several nodes are affected. */
            node: string | null;
            /** @enum {string} */
            reason: "removes-primary" | "primary-unknown" | "removes-etcd-majority" | "replaces-node" | "removes-data" | "stops-node" | "cuts-nodes-off";
            /** @description The next requests, in order; empty in plans of earlier versions. */
            remedies: components["schemas"]["Remedy"][];
            /** @description Observed role of the node. */
            role: ("primary" | "replica" | "witness") | null;
        };
        PlanSummary: {
            add: number;
            change: number;
            destroy: number;
            /** @description Whether there is nothing to do. */
            empty: boolean;
            replace: number;
        };
        PlanTerraformResult: {
            /** @description Sensitive values are masked. */
            changes: components["schemas"]["ResourceChange"][];
            context?: components["schemas"]["PlanContext"] | null;
            /** @description `sha256:<hex>` of the plan file. */
            digest: string;
            engine: {
                name: string;
                /** @description Path of the program. */
                path?: string;
                version: string;
            };
            plan_id: string;
            /** @description Reasons for which the plan cannot be applied (`PLAN_REFUSED`); empty if it can. */
            refusals?: components["schemas"]["PlanRefusal"][];
            /** @description Stopped machines that the apply starts. No other machine is started. */
            starts?: components["schemas"]["MachineStart"][];
            summary: components["schemas"]["PlanSummary"];
        };
        PlanTerraformStage: {
            /** @description Number of the attempt that last ran it, from 1. */
            attempt: number;
            ended_at: string | null;
            error: components["schemas"]["StoredError"] | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "plan-terraform";
            /** @description Waits for approval of the plan, unless approval is automatic. */
            needs_approval: boolean;
            /** @description Node that the stage works on; null for the cluster. */
            node: string | null;
            /** @description Result; null before the stage succeeded. */
            outcome: components["schemas"]["PlanTerraformResult"] | null;
            /** @description From 0; identifies the stage in its operation. */
            position: number;
            /** @description The stage does not start earlier. */
            run_after: string | null;
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "interrupted";
        };
        /**
         * @description An error (RFC 9457). Members beyond these are facts of the occurrence.
         * @example {
         *       "type": "/errors/STEP_MISSING",
         *       "title": "An earlier step is missing.",
         *       "status": 409,
         *       "detail": "plan-terraform needs generate-terraform to be done first.",
         *       "code": "STEP_MISSING",
         *       "step": "plan-terraform",
         *       "missing": "generate-terraform"
         *     }
         */
        Problem: {
            code: components["schemas"]["ErrorCode"];
            /** @description What was wrong, where, and what would be right. */
            detail: string;
            /** @description Number of all errors, if `errors` has only the first ones. */
            error_count?: number;
            /** @description The first errors of the request. */
            errors?: components["schemas"]["FieldError"][];
            /** @description Id of the operation that is meant. */
            operation?: string;
            /** @description What to do next, in order or to choose from. */
            remedies?: components["schemas"]["RemedyRequest"][];
            /** @description Names the request in the log of the server. */
            request_id?: string;
            status: number;
            title: string;
            /** @description Relative URL that says what the code means and what helps. */
            type: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @description Whether the server can work, with one check for each requirement.
         * @example {
         *       "ready": true,
         *       "checks": [
         *         {
         *           "name": "database",
         *           "ready": true,
         *           "message": "answers"
         *         }
         *       ]
         *     }
         */
        Readiness: {
            checks: {
                message: string;
                name: string;
                ready: boolean;
            }[];
            ready: boolean;
        };
        /** @description What to do next. */
        Remedy: {
            /** @enum {string} */
            action: "run-step" | "create-cluster" | "list-clusters" | "disable-protection" | "forget-cluster" | "list-operations" | "watch-operation" | "approve-operation" | "cancel-operation" | "retry-operation" | "show-cluster" | "run-on-node";
            /** @description Members of the body besides `cluster`. */
            body?: {
                [key: string]: unknown;
            };
            /** @description Name of the cluster. */
            cluster?: string;
            /** @description Command as root on the node, for `run-on-node`. */
            command?: string;
            /** @description Name of the node, for `run-on-node`. */
            node?: string;
            /** @description Id of the operation. */
            operation?: string;
            /**
             * @description The step, for `run-step`.
             * @enum {string}
             */
            step?: "generate-terraform" | "plan-terraform" | "apply-terraform" | "create-ansible-script" | "execute-ansible-script" | "verify-replication" | "destroy-terraform";
        };
        /** @description What to do next, and the request that does it. */
        RemedyRequest: {
            /** @enum {string} */
            action: "run-step" | "create-cluster" | "list-clusters" | "disable-protection" | "forget-cluster" | "list-operations" | "watch-operation" | "approve-operation" | "cancel-operation" | "retry-operation" | "show-cluster" | "run-on-node";
            /** @description Members of the body besides `cluster`. */
            body?: {
                [key: string]: unknown;
            };
            /** @description Name of the cluster. */
            cluster?: string;
            /** @description Command as root on the node, for `run-on-node`. */
            command?: string;
            /** @description Name of the node, for `run-on-node`. */
            node?: string;
            /** @description Id of the operation. */
            operation?: string;
            /** @description Method, path and JSON body, e.g. `POST /plan-terraform {"cluster":"orders"}`. */
            request: string;
            /**
             * @description The step, for `run-step`.
             * @enum {string}
             */
            step?: "generate-terraform" | "plan-terraform" | "apply-terraform" | "create-ansible-script" | "execute-ansible-script" | "verify-replication" | "destroy-terraform";
        };
        RemoveEtcdMembersResult: {
            cluster: string;
            /** @description Names of the remaining members. */
            members: string[];
            /** @description Names of the removed members of etcd. */
            removed: string[];
        };
        RemoveEtcdMembersStage: {
            /** @description Number of the attempt that last ran it, from 1. */
            attempt: number;
            ended_at: string | null;
            error: components["schemas"]["StoredError"] | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "remove-etcd-members";
            /** @description Waits for approval of the plan, unless approval is automatic. */
            needs_approval: boolean;
            /** @description Node that the stage works on; null for the cluster. */
            node: string | null;
            /** @description Result; null before the stage succeeded. */
            outcome: components["schemas"]["RemoveEtcdMembersResult"] | null;
            /** @description From 0; identifies the stage in its operation. */
            position: number;
            /** @description The stage does not start earlier. */
            run_after: string | null;
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "interrupted";
        };
        ReplicationNodeEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                lag_bytes: number | null;
                /** @description Name of the node. */
                node: string;
                reasons: {
                    code: string;
                    message: string;
                }[];
                /** @description Observed role; null if nothing was observed. */
                role: ("primary" | "replica" | "witness") | null;
                /** @description Time from the write on the primary to the read on the replica. */
                round_trip_ms: number | null;
                /** @enum {string} */
                status: "proven" | "failed" | "no-postgresql";
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "replication.node";
        };
        /** @description Result of a verification of replication, for each node. */
        ReplicationReport: {
            cluster: string;
            duration_ms: number;
            /** @description The condition `failover-ready` at the time of the verification; null in reports of versions that did not verify it. */
            failover: {
                message: string;
                reason: string;
                /** @enum {string} */
                status: "true" | "false" | "unknown";
            } | null;
            /** @description The row that was written on the primary and read on each replica. */
            marker: {
                id: string;
                lsn: string | null;
                removed: boolean;
            };
            nodes: components["schemas"]["NodeReport"][];
            /** @description ISO 8601, UTC. */
            observed_at: string;
            passed: boolean;
            primary: string | null;
            spec_revision: number;
            system_identifier: string | null;
            timeline: number | null;
        };
        /**
         * @description Result of a verification of replication.
         * @example {
         *       "id": "01a20b11-0c1d-7f41-b1a2-7c8d9e0f1a04",
         *       "cluster_id": "01a20b10-3c5e-7c11-a2b4-5f0f3a9d1e01",
         *       "operation_id": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *       "passed": true,
         *       "created_at": "2026-01-02T03:04:31.250Z",
         *       "document": {
         *         "cluster": "orders",
         *         "spec_revision": 1,
         *         "passed": true,
         *         "primary": "orders-1",
         *         "system_identifier": "7462812345678901234",
         *         "timeline": 1,
         *         "marker": {
         *           "id": "01a20b11-0c20-7b52-8a11-9c0d1e2f3a05",
         *           "lsn": "0/5000148",
         *           "removed": true
         *         },
         *         "nodes": [
         *           {
         *             "node": "orders-2",
         *             "role": "replica",
         *             "status": "proven",
         *             "reasons": [],
         *             "streaming": true,
         *             "slot": {
         *               "name": "orders_2",
         *               "active": true
         *             },
         *             "system_identifier": "7462812345678901234",
         *             "timeline": 1,
         *             "replayed_lsn": "0/5000180",
         *             "lag_bytes": 0,
         *             "lag_seconds": null,
         *             "round_trip_ms": 0.4,
         *             "marker_seen_after_ms": 3.1
         *           }
         *         ],
         *         "failover": {
         *           "status": "true",
         *           "reason": "OK",
         *           "message": "etcd can lose a member, Patroni is active, and a replica can take over."
         *         },
         *         "observed_at": "2026-01-02T03:04:31.250Z",
         *         "duration_ms": 412
         *       }
         *     }
         */
        Report: {
            cluster_id: string;
            /** @description ISO 8601, UTC. */
            created_at: string;
            document: components["schemas"]["ReplicationReport"];
            id: string;
            operation_id: string;
            passed: boolean;
        };
        ResourceChange: {
            /** @description e.g. `replace_because_tainted`. */
            action_reason: string | null;
            /** @description Terraform's words, e.g. `create`, `delete`. */
            actions: string[];
            /** @description e.g. `module.cluster.aws_instance.node["pg-1"]`. */
            address: string;
            /** @description Sensitive values are masked. */
            after: unknown;
            /** @description Attributes that differ; of a replacement, those that force it. */
            attributes: string[];
            /** @description Sensitive values are masked. */
            before: unknown;
            /**
             * @description Effect of the change. `loses-data`: PostgreSQL data of an existing node is removed.
             * @enum {string}
             */
            effect: "adds" | "in-place" | "stops-node" | "replaces" | "removes" | "loses-data";
            name: string;
            /** @description Node that the resource belongs to, if any. */
            node: string | null;
            /** @description Purpose of the resource for its node. */
            part: ("container" | "instance" | "data-volume" | "data-attachment") | null;
            /** @description Observed role of the node when the plan was made; null where not observed. */
            role: ("primary" | "replica" | "witness") | null;
            /** @description e.g. `aws_instance`. */
            type: string;
        };
        RolesChangedEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            /** @description Name of the cluster. */
            cluster: string;
            data: {
                /** @description The same node after a restart with a new timeline. */
                previous_primary: string;
                previous_timeline: number | null;
                primary: string;
                timeline: number | null;
            };
            /** @description Increases over all clusters. */
            sequence: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "roles.changed";
        };
        /**
         * @description A metric of the nodes of a cluster over time.
         * @example {
         *       "cluster": "orders",
         *       "metric": "lag_bytes",
         *       "unit": "bytes",
         *       "from": "2026-01-12T09:00:00.000Z",
         *       "to": "2026-01-12T10:00:00.000Z",
         *       "resolution_seconds": 5,
         *       "nodes": [
         *         {
         *           "name": "orders-2",
         *           "points": [
         *             {
         *               "at": "2026-01-12T09:00:00.000Z",
         *               "value": 0
         *             }
         *           ]
         *         }
         *       ]
         *     }
         */
        Series: {
            cluster: string;
            /** @description ISO 8601, UTC. */
            from: string;
            /** @enum {string} */
            metric: "lag_bytes" | "lag_seconds" | "connections" | "commits" | "wal_bytes" | "disk_used_ratio" | "memory_used_ratio" | "load";
            nodes: {
                name: string;
                points: {
                    /** @description Start of the interval. */
                    at: string;
                    value: number;
                }[];
            }[];
            /** @description Seconds between two points. */
            resolution_seconds: number;
            /** @description ISO 8601, UTC. */
            to: string;
            unit: string;
        };
        SpecChange: {
            /** @description Requested value, as text; null for the default. */
            after: string | null;
            /** @description Value of the nodes, as text; null if there is none. */
            before: string | null;
            /** @enum {string} */
            effect: "machines" | "restart" | "reload" | "configuration";
            /** @description E.g. `replica_count`, `parameters.work_mem`, `aws.volume_size_gib`. */
            field: string;
        };
        /** @description A stage of an operation. `name` decides which members `outcome` has. */
        Stage: components["schemas"]["GenerateTerraformStage"] | components["schemas"]["PlanTerraformStage"] | components["schemas"]["ApplyTerraformStage"] | components["schemas"]["CreateAnsibleScriptStage"] | components["schemas"]["ExecuteAnsibleScriptStage"] | components["schemas"]["VerifyReplicationStage"] | components["schemas"]["RemoveEtcdMembersStage"] | components["schemas"]["SwitchoverStage"] | components["schemas"]["DestroyTerraformStage"];
        StageCancelledEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                error: components["schemas"]["StoredError"];
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "stage.cancelled";
        };
        StageFailedEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                error: components["schemas"]["StoredError"];
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "stage.failed";
        };
        StageInterruptedEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                error: components["schemas"]["StoredError"];
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "stage.interrupted";
        };
        StageStartedEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description Number of the attempt, from 1. */
                attempt: number;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "stage.started";
        };
        StageSucceededEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description Duration of the stage. */
                seconds: number;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "stage.succeeded";
        };
        /** @description Reason of a failure. */
        StoredError: {
            code: string;
            details: {
                [key: string]: unknown;
            };
            message: string;
        };
        SwitchoverResult: {
            cluster: string;
            previous_primary: string;
            primary: string;
            /** @description From the request to Patroni until the new primary was observed. */
            seconds: number;
            topology: components["schemas"]["Topology"];
        };
        SwitchoverStage: {
            /** @description Number of the attempt that last ran it, from 1. */
            attempt: number;
            ended_at: string | null;
            error: components["schemas"]["StoredError"] | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "switchover";
            /** @description Waits for approval of the plan, unless approval is automatic. */
            needs_approval: boolean;
            /** @description Node that the stage works on; null for the cluster. */
            node: string | null;
            /** @description Result; null before the stage succeeded. */
            outcome: components["schemas"]["SwitchoverResult"] | null;
            /** @description From 0; identifies the stage in its operation. */
            position: number;
            /** @description The stage does not start earlier. */
            run_after: string | null;
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "interrupted";
        };
        TerraformLogEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description Resource that the message is about. */
                address?: string;
                /** @description `info`, `warning` or `error`. */
                level: string;
                message: string;
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "terraform.log";
        };
        TerraformOutputsEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description Sensitive values are masked. */
                outputs: {
                    [key: string]: unknown;
                };
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "terraform.outputs";
        };
        /**
         * @description The stored plan.
         * @example {
         *       "operation": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *       "plan_id": "01a20b10-41aa-7e31-9f55-6a7b8c9d0e03",
         *       "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         *       "summary": {
         *         "add": 4,
         *         "change": 0,
         *         "replace": 0,
         *         "destroy": 0,
         *         "empty": false
         *       },
         *       "changes": [
         *         {
         *           "address": "module.cluster.terraform_data.node[\"orders-1\"]",
         *           "type": "terraform_data",
         *           "name": "node",
         *           "actions": [
         *             "create"
         *           ],
         *           "before": null,
         *           "after": {
         *             "input": {
         *               "name": "orders-1"
         *             }
         *           },
         *           "action_reason": null,
         *           "attributes": [],
         *           "node": "orders-1",
         *           "part": "container",
         *           "role": null,
         *           "effect": "adds"
         *         }
         *       ],
         *       "refusals": [],
         *       "starts": [],
         *       "engine": {
         *         "name": "terraform",
         *         "version": "1.11.4"
         *       }
         *     }
         */
        TerraformPlan: {
            /** @description Sensitive values are masked. */
            changes: components["schemas"]["ResourceChange"][];
            context?: components["schemas"]["PlanContext"] | null;
            /** @description `sha256:<hex>` of the plan file. */
            digest: string;
            engine: {
                name: string;
                /** @description Path of the program. */
                path?: string;
                version: string;
            };
            /** @description Id of the operation. */
            operation: string;
            plan_id: string;
            /** @description Reasons for which the plan cannot be applied (`PLAN_REFUSED`); empty if it can. */
            refusals?: components["schemas"]["PlanRefusal"][];
            /** @description Stopped machines that the apply starts. No other machine is started. */
            starts?: components["schemas"]["MachineStart"][];
            summary: components["schemas"]["PlanSummary"];
        };
        TerraformPlanEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                plan_id: string;
                /** @description Reasons for which the plan cannot be applied. */
                refusals: {
                    action: string;
                    message: string;
                    node: string | null;
                    /** @enum {string} */
                    reason: "removes-primary" | "primary-unknown" | "removes-etcd-majority" | "replaces-node" | "removes-data" | "stops-node" | "cuts-nodes-off";
                }[];
                /** @description Stopped machines that the apply starts. No other machine is started. */
                starts: components["schemas"]["MachineStart"][];
                summary: components["schemas"]["PlanSummary"];
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "terraform.plan";
        };
        TerraformResourceEvent: {
            /** @description ISO 8601, UTC. */
            at: string;
            attempt: number;
            data: {
                /** @description `create`, `update`, `delete` or `replace`. */
                action: string;
                address: string;
                elapsed_seconds?: number;
                /** @description Node of the resource; null if it has none. */
                node: string | null;
                /** @enum {string} */
                status: "started" | "progress" | "completed" | "failed";
            };
            operation_id: string;
            /** @description Position of that stage. */
            position: number | null;
            /** @description Numbered from 1 without a gap. */
            sequence: number;
            /** @description Name of the stage; null for the whole operation. */
            stage: string | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "terraform.resource";
        };
        /** @description Roles as observed with SQL. */
        Topology: {
            nodes: {
                name: string;
                role: ("primary" | "replica" | "witness") | null;
            }[];
            /** @description ISO 8601, UTC. */
            observed_at: string;
            primary: string | null;
        };
        /**
         * @description Result of the verification, for each node.
         * @example {
         *       "operation": "01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02",
         *       "cluster": "orders",
         *       "spec_revision": 1,
         *       "passed": true,
         *       "primary": "orders-1",
         *       "system_identifier": "7462812345678901234",
         *       "timeline": 1,
         *       "marker": {
         *         "id": "01a20b11-0c20-7b52-8a11-9c0d1e2f3a05",
         *         "lsn": "0/5000148",
         *         "removed": true
         *       },
         *       "nodes": [
         *         {
         *           "node": "orders-2",
         *           "role": "replica",
         *           "status": "proven",
         *           "reasons": [],
         *           "streaming": true,
         *           "slot": {
         *             "name": "orders_2",
         *             "active": true
         *           },
         *           "system_identifier": "7462812345678901234",
         *           "timeline": 1,
         *           "replayed_lsn": "0/5000180",
         *           "lag_bytes": 0,
         *           "lag_seconds": null,
         *           "round_trip_ms": 0.4,
         *           "marker_seen_after_ms": 3.1
         *         }
         *       ],
         *       "failover": {
         *         "status": "true",
         *         "reason": "OK",
         *         "message": "etcd can lose a member, Patroni is active, and a replica can take over."
         *       },
         *       "observed_at": "2026-01-02T03:04:31.250Z",
         *       "duration_ms": 412
         *     }
         */
        VerifiedReplication: {
            cluster: string;
            duration_ms: number;
            /** @description The condition `failover-ready` at the time of the verification; null in reports of versions that did not verify it. */
            failover: {
                message: string;
                reason: string;
                /** @enum {string} */
                status: "true" | "false" | "unknown";
            } | null;
            /** @description The row that was written on the primary and read on each replica. */
            marker: {
                id: string;
                lsn: string | null;
                removed: boolean;
            };
            nodes: components["schemas"]["NodeReport"][];
            /** @description ISO 8601, UTC. */
            observed_at: string;
            /** @description Id of the operation. */
            operation: string;
            passed: boolean;
            primary: string | null;
            spec_revision: number;
            system_identifier: string | null;
            timeline: number | null;
        };
        VerifyReplicationResult: {
            cluster: string;
            duration_ms: number;
            /** @description The condition `failover-ready` at the time of the verification; null in reports of versions that did not verify it. */
            failover: {
                message: string;
                reason: string;
                /** @enum {string} */
                status: "true" | "false" | "unknown";
            } | null;
            /** @description The row that was written on the primary and read on each replica. */
            marker: {
                id: string;
                lsn: string | null;
                removed: boolean;
            };
            nodes: components["schemas"]["NodeReport"][];
            /** @description ISO 8601, UTC. */
            observed_at: string;
            passed: boolean;
            primary: string | null;
            spec_revision: number;
            system_identifier: string | null;
            timeline: number | null;
        };
        VerifyReplicationStage: {
            /** @description Number of the attempt that last ran it, from 1. */
            attempt: number;
            ended_at: string | null;
            error: components["schemas"]["StoredError"] | null;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "verify-replication";
            /** @description Waits for approval of the plan, unless approval is automatic. */
            needs_approval: boolean;
            /** @description Node that the stage works on; null for the cluster. */
            node: string | null;
            /** @description Result; null before the stage succeeded. */
            outcome: components["schemas"]["VerifyReplicationResult"] | null;
            /** @description From 0; identifies the stage in its operation. */
            position: number;
            /** @description The stage does not start earlier. */
            run_after: string | null;
            started_at: string | null;
            /** @enum {string} */
            state: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "interrupted";
        };
        /**
         * @description An address that receives events of clusters.
         * @example {
         *       "id": "01a20b11-0c20-7b52-8a11-9c0d1e2f3a06",
         *       "url": "https://example.com/hathi",
         *       "events": [
         *         "roles.changed"
         *       ],
         *       "clusters": [],
         *       "created_at": "2026-01-02T03:04:05.000Z"
         *     }
         */
        Webhook: {
            /** @description Names of clusters; empty: all. */
            clusters: string[];
            /** @description ISO 8601, UTC. */
            created_at: string;
            /** @description Types of events; empty: all. */
            events: ("condition.changed" | "roles.changed")[];
            id: string;
            url: string;
        };
        /**
         * @description The delivery of one event to one webhook.
         * @example {
         *       "id": "01a20b11-0c20-7b52-8a11-9c0d1e2f3a07",
         *       "webhook_id": "01a20b11-0c20-7b52-8a11-9c0d1e2f3a06",
         *       "type": "roles.changed",
         *       "sequence": 12,
         *       "state": "succeeded",
         *       "attempts": 1,
         *       "status": 204,
         *       "error": null,
         *       "next_at": null,
         *       "created_at": "2026-01-02T03:04:31.250Z"
         *     }
         */
        WebhookDelivery: {
            attempts: number;
            /** @description ISO 8601, UTC. */
            created_at: string;
            /** @description Why the last attempt failed. */
            error: string | null;
            /** @description Value of the header `webhook-id`, the same for each attempt. */
            id: string;
            /** @description Time of the next attempt; null if there is none. */
            next_at: string | null;
            /** @description Sequence of the event; null for a test. */
            sequence: number | null;
            /** @enum {string} */
            state: "pending" | "succeeded" | "failed";
            /** @description HTTP status of the last response; null without one. */
            status: number | null;
            /** @description Type of the event. */
            type: string;
            webhook_id: string;
        };
        /**
         * @description Deliveries, newest first.
         * @example {
         *       "deliveries": [
         *         {
         *           "id": "01a20b11-0c20-7b52-8a11-9c0d1e2f3a07",
         *           "webhook_id": "01a20b11-0c20-7b52-8a11-9c0d1e2f3a06",
         *           "type": "roles.changed",
         *           "sequence": 12,
         *           "state": "succeeded",
         *           "attempts": 1,
         *           "status": 204,
         *           "error": null,
         *           "next_at": null,
         *           "created_at": "2026-01-02T03:04:31.250Z"
         *         }
         *       ],
         *       "next_cursor": null
         *     }
         */
        WebhookDeliveryList: {
            deliveries: components["schemas"]["WebhookDelivery"][];
            /** @description To be given as `cursor` for the next part; null with the last. */
            next_cursor: string | null;
        };
        /**
         * @description Webhooks, the oldest first.
         * @example {
         *       "webhooks": [
         *         {
         *           "id": "01a20b11-0c20-7b52-8a11-9c0d1e2f3a06",
         *           "url": "https://example.com/hathi",
         *           "events": [
         *             "roles.changed"
         *           ],
         *           "clusters": [],
         *           "created_at": "2026-01-02T03:04:05.000Z"
         *         }
         *       ]
         *     }
         */
        WebhookList: {
            webhooks: components["schemas"]["Webhook"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listClusters: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the part before, as it was. */
                cursor?: string;
                /** @description Only clusters with this label, as `name=value`. */
                label?: string;
                /** @description Maximum number of entries; default: 50. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Clusters, by name. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        clusters: components["schemas"]["Cluster"][];
                        /** @description To be given as `cursor` for the next part; null with the last. */
                        next_cursor: string | null;
                    };
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `INVALID_CURSOR`: The cursor is not one that this server gave for this list.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createCluster: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "orders",
                 *       "replica_count": 2,
                 *       "parameters": {
                 *         "max_connections": 200
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @description Networks of clients in addition to the network of the cluster, in CIDR notation without host bits. */
                    allow_list?: string[];
                    /**
                     * @description `manual`: the operation waits until its plan is approved.
                     * @default manual
                     * @enum {string}
                     */
                    approval?: "manual" | "automatic";
                    /** @description Settings of a cluster on `aws`. A setting that is left out keeps its value, or gets its default in a new cluster. This also applies to each field of an object. */
                    aws?: {
                        ami_id?: string | null;
                        apt_mirror?: string | null;
                        apt_security_mirror?: string | null;
                        availability_zones?: string[];
                        bastion?: {
                            host?: string;
                            host_key?: string;
                            port?: number;
                            private_key_file?: string | null;
                            user?: string;
                        } | null;
                        /** @enum {string} */
                        connection?: "public" | "private" | "bastion" | "ssm";
                        control_cidrs?: string[];
                        data_volume?: {
                            iops?: number;
                            size_gib?: number;
                            throughput_mib_s?: number;
                        };
                        key_name?: string | null;
                        kms_key_id?: string | null;
                        network?: {
                            /** @enum {string} */
                            mode: "default";
                        } | {
                            /** @enum {string} */
                            mode: "existing";
                            subnet_ids?: string[];
                            vpc_id?: string;
                        } | {
                            /** Format: cidrv4 */
                            cidr?: string;
                            /** @enum {string} */
                            mode: "own";
                            private?: boolean;
                        };
                        private_key_file?: string | null;
                        proxy?: string | null;
                        /** @enum {string} */
                        public_address?: "ephemeral" | "elastic";
                        region?: string;
                        root_volume?: {
                            size_gib?: number;
                        };
                        session_manager?: boolean;
                        ssh_user?: string;
                        ssm_agent_sha256?: string | null;
                        ssm_agent_url?: string | null;
                        state_bucket?: {
                            bucket?: string;
                            key?: string;
                            path_style?: boolean;
                            region?: string;
                        } | null;
                        termination_protection?: boolean;
                    };
                    /** @description Deletion protection (default: on, except for the target `local`). */
                    deletion_protection?: boolean;
                    /**
                     * @description How quickly an unresponsive primary is failed over (default of a new cluster: `balanced`).
                     * @enum {string}
                     */
                    failover_profile?: "fast" | "balanced" | "patient";
                    /** @description Type of the machines (default of a new cluster: `t2.medium`). It has no effect on `local`. */
                    instance_type?: string;
                    /**
                     * @description Your own labels, e.g. `{"team": "billing"}`. Lists can be filtered by them.
                     * @default {}
                     */
                    labels?: {
                        [key: string]: string;
                    };
                    /** @description Locales of the nodes in addition to `C.UTF-8`, for `lc_messages`, CREATE DATABASE and others. */
                    locales?: string[];
                    name: string;
                    /**
                     * @description PostgreSQL parameters. They are checked before anything is created.
                     * @default {}
                     */
                    parameters?: {
                        [key: string]: components["schemas"]["ParameterValue"];
                    };
                    /**
                     * @description Major version of PostgreSQL (default of a new cluster: 17).
                     * @enum {string}
                     */
                    postgres_version?: "15" | "16" | "17" | "18";
                    /** @description Number of replicas (default of a new cluster: 2). */
                    replica_count?: number;
                    /**
                     * @description Target of the machines.
                     * @enum {string}
                     */
                    target?: "local" | "aws";
                };
            };
        };
        responses: {
            /** @description Durable work for one request on one cluster. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `PARAMETER_UNKNOWN`: The PostgreSQL version of the cluster has no parameter of this name.
             *
             *     `PARAMETER_INVALID`: The value does not fit the type, unit or range of the parameter.
             *
             *     `PARAMETER_OWNED`: The parameter is set by Hathi or Patroni and cannot be given.
             *
             *     `PARAMETER_READ_ONLY`: PostgreSQL computes the parameter; it cannot be set.
             *
             *     `PARAMETER_TOO_SMALL`: The value is smaller than replication or Patroni needs.
             *
             *     `PARAMETER_TOO_LARGE`: The value is larger than the node can hold.
             *
             *     `PARAMETER_UNSAFE`: The value would break replicas, sessions or data of the cluster.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_EXISTS`: A cluster with this name exists.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `NETWORK_TAKEN`: Other clusters used each free network in the meantime.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `NETWORK_EXHAUSTED`: No free network or block of ports was found for the cluster.
             *
             *     `TOOL_MISSING`: A program that Hathi needs is not installed or not running.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCluster: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A cluster with its requested and its observed state. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cluster"];
                };
            };
            /**
             * @description `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `INVALID_REQUEST`: The request does not have the shape that the API describes.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    destroyCluster: {
        parameters: {
            query: {
                /** @description Name of the cluster, as confirmation. */
                confirm: string;
            };
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
            };
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Durable work for one request on one cluster. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `CLUSTER_PROTECTED`: The deletion protection of the cluster is on.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateCluster: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
                /** @description `ETag` of the response with the cluster. */
                "if-match"?: string;
            };
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "replica_count": 3,
                 *       "parameters": {
                 *         "work_mem": "64MB",
                 *         "max_connections": null
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Effects that an automatic approval includes.
                     * @default []
                     */
                    allow?: "delete-data"[];
                    /** @description Networks of clients in addition to the network of the cluster, in CIDR notation without host bits. */
                    allow_list?: string[];
                    /**
                     * @description `manual`: the operation waits until its plan is approved. A change that deletes data waits in any case, unless `allow` has `delete-data`.
                     * @default manual
                     * @enum {string}
                     */
                    approval?: "manual" | "automatic";
                    /** @description Settings of a cluster on `aws`. A setting that is left out keeps its value, or gets its default in a new cluster. This also applies to each field of an object. */
                    aws?: {
                        ami_id?: string | null;
                        apt_mirror?: string | null;
                        apt_security_mirror?: string | null;
                        availability_zones?: string[];
                        bastion?: {
                            host?: string;
                            host_key?: string;
                            port?: number;
                            private_key_file?: string | null;
                            user?: string;
                        } | null;
                        /** @enum {string} */
                        connection?: "public" | "private" | "bastion" | "ssm";
                        control_cidrs?: string[];
                        data_volume?: {
                            iops?: number;
                            size_gib?: number;
                            throughput_mib_s?: number;
                        };
                        key_name?: string | null;
                        kms_key_id?: string | null;
                        network?: {
                            /** @enum {string} */
                            mode: "default";
                        } | {
                            /** @enum {string} */
                            mode: "existing";
                            subnet_ids?: string[];
                            vpc_id?: string;
                        } | {
                            /** Format: cidrv4 */
                            cidr?: string;
                            /** @enum {string} */
                            mode: "own";
                            private?: boolean;
                        };
                        private_key_file?: string | null;
                        proxy?: string | null;
                        /** @enum {string} */
                        public_address?: "ephemeral" | "elastic";
                        region?: string;
                        root_volume?: {
                            size_gib?: number;
                        };
                        session_manager?: boolean;
                        ssh_user?: string;
                        ssm_agent_sha256?: string | null;
                        ssm_agent_url?: string | null;
                        state_bucket?: {
                            bucket?: string;
                            key?: string;
                            path_style?: boolean;
                            region?: string;
                        } | null;
                        termination_protection?: boolean;
                    };
                    deletion_protection?: boolean;
                    /**
                     * @description How quickly an unresponsive primary is failed over (default of a new cluster: `balanced`).
                     * @enum {string}
                     */
                    failover_profile?: "fast" | "balanced" | "patient";
                    /** @description Type of the machines (default of a new cluster: `t2.medium`). It has no effect on `local`. */
                    instance_type?: string;
                    /** @description Replaces the labels as a whole. */
                    labels?: {
                        [key: string]: string;
                    };
                    /** @description Locales of the nodes in addition to `C.UTF-8`, for `lc_messages`, CREATE DATABASE and others. */
                    locales?: string[];
                    /** @description PostgreSQL parameters to change. They are checked before anything is changed. */
                    parameters?: {
                        [key: string]: unknown;
                    };
                    /**
                     * @description Major version of PostgreSQL (default of a new cluster: 17).
                     * @enum {string}
                     */
                    postgres_version?: "15" | "16" | "17" | "18";
                    /** @description Number of replicas (default of a new cluster: 2). */
                    replica_count?: number;
                    /**
                     * @description Target of the machines.
                     * @enum {string}
                     */
                    target?: "local" | "aws";
                };
            };
        };
        responses: {
            /** @description A cluster with its requested and its observed state. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cluster"];
                };
            };
            /** @description Durable work for one request on one cluster. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `PARAMETER_UNKNOWN`: The PostgreSQL version of the cluster has no parameter of this name.
             *
             *     `PARAMETER_INVALID`: The value does not fit the type, unit or range of the parameter.
             *
             *     `PARAMETER_OWNED`: The parameter is set by Hathi or Patroni and cannot be given.
             *
             *     `PARAMETER_READ_ONLY`: PostgreSQL computes the parameter; it cannot be set.
             *
             *     `PARAMETER_TOO_SMALL`: The value is smaller than replication or Patroni needs.
             *
             *     `PARAMETER_TOO_LARGE`: The value is larger than the node can hold.
             *
             *     `PARAMETER_UNSAFE`: The value would break replicas, sessions or data of the cluster.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `STEP_MISSING`: An earlier step is missing.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PRECONDITION_FAILED`: The resource is no longer the one that If-Match names. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOOL_MISSING`: A program that Hathi needs is not installed or not running. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    repairCluster: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
            };
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "approval": "manual"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description `manual`: the operation waits until its plan is approved.
                     * @default manual
                     * @enum {string}
                     */
                    approval?: "manual" | "automatic";
                };
            };
        };
        responses: {
            /** @description Durable work for one request on one cluster. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `STEP_MISSING`: An earlier step is missing.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    switchOver: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
            };
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "to": "orders-2"
                 *     }
                 */
                "application/json": {
                    /** @description Name of the replica (default: the choice of Patroni). */
                    to?: string;
                };
            };
        };
        responses: {
            /** @description Durable work for one request on one cluster. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `STEP_MISSING`: An earlier step is missing.
             *
             *     `SWITCHOVER_REFUSED`: The primary did not change: no node can take over now, or Patroni refused.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everything that a client needs to connect to PostgreSQL, including the password. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            /**
             * @description `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `INVALID_REQUEST`: The request does not have the shape that the API describes.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `STEP_MISSING`: An earlier step is missing. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followCluster: {
        parameters: {
            query?: {
                /** @description Sequence of the last event that the client has; default: only new events. */
                after?: number;
                /** @description `false`: the stream ends after the stored events; default: `true`. */
                follow?: "true" | "false";
            };
            header?: {
                /** @description Sequence of the last event that the client received. */
                "last-event-id"?: string;
            };
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Frames `id: <sequence>`, `data: <ClusterEvent as JSON>`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `TOO_MANY_STREAMS`: The server, or this caller, has as many event streams as it can have.
             *
             *     `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller.
             */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFailovers: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the part before, as it was. */
                cursor?: string;
                /** @description Maximum number of entries; default: 50. */
                limit?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Failovers, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FailoverList"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `INVALID_CURSOR`: The cursor is not one that this server gave for this list.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    forgetCluster: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
            };
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "confirm": "orders"
                 *     }
                 */
                "application/json": {
                    /** @description Name of the cluster, as confirmation. */
                    confirm: string;
                };
            };
        };
        responses: {
            /** @description A cluster whose record was removed. Its machines were not changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ForgottenCluster"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `CLUSTER_PROTECTED`: The deletion protection of the cluster is on.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listNodes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Nodes, by their number. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        nodes: components["schemas"]["Node"][];
                    };
                };
            };
            /**
             * @description `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `INVALID_REQUEST`: The request does not have the shape that the API describes.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listParameters: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The written value of each parameter, and the value that each node runs with. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParameterList"];
                };
            };
            /**
             * @description `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `PARAMETER_UNKNOWN`: The PostgreSQL version of the cluster has no parameter of this name.
             *
             *     `PARAMETER_INVALID`: The value does not fit the type, unit or range of the parameter.
             *
             *     `PARAMETER_OWNED`: The parameter is set by Hathi or Patroni and cannot be given.
             *
             *     `PARAMETER_READ_ONLY`: PostgreSQL computes the parameter; it cannot be set.
             *
             *     `PARAMETER_TOO_SMALL`: The value is smaller than replication or Patroni needs.
             *
             *     `PARAMETER_TOO_LARGE`: The value is larger than the node can hold.
             *
             *     `PARAMETER_UNSAFE`: The value would break replicas, sessions or data of the cluster.
             *
             *     `INVALID_REQUEST`: The request does not have the shape that the API describes.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `SECRET_UNREADABLE`: A sealed record was sealed with another master key, or was altered.
             *
             *     `INTERNAL`: Hathi has a defect here; the log of the server has the details.
             */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOOL_MISSING`: A program that Hathi needs is not installed or not running. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPlans: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the part before, as it was. */
                cursor?: string;
                /** @description Maximum number of entries; default: 50. */
                limit?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Plans, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description To be given as `cursor` for the next part; null with the last. */
                        next_cursor: string | null;
                        plans: components["schemas"]["Plan"][];
                    };
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `INVALID_CURSOR`: The cursor is not one that this server gave for this list.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLatestReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Result of a verification of replication. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            /**
             * @description `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `INVALID_REQUEST`: The request does not have the shape that the API describes.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `CLUSTER_NOT_FOUND`: No cluster has this name.
             *
             *     `REPORT_NOT_FOUND`: The cluster has no report yet.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReports: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the part before, as it was. */
                cursor?: string;
                /** @description Maximum number of entries; default: 50. */
                limit?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Reports, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description To be given as `cursor` for the next part; null with the last. */
                        next_cursor: string | null;
                        reports: components["schemas"]["Report"][];
                    };
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `INVALID_CURSOR`: The cursor is not one that this server gave for this list.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSeries: {
        parameters: {
            query: {
                /** @description Start, ISO 8601; default: one hour before `to`. At most 30 days before `to`. */
                from?: string;
                /** @description `lag_bytes`: WAL that a replica has not replayed yet. `lag_seconds`: Age of the newest replayed commit of a replica that lags. `connections`: Sessions of clients. `commits`: Committed transactions. `wal_bytes`: WAL that the primary wrote. `disk_used_ratio`: Used part of the disk of the data directory, 0 to 1. `memory_used_ratio`: Used part of memory, 0 to 1. `load`: Load average of one minute. */
                metric: "lag_bytes" | "lag_seconds" | "connections" | "commits" | "wal_bytes" | "disk_used_ratio" | "memory_used_ratio" | "load";
                /** @description End, ISO 8601; default: now. */
                to?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A metric of the nodes of a cluster over time. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Series"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verifyCluster: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
            };
            path: {
                /**
                 * @description Name of the cluster.
                 * @example orders
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Durable work for one request on one cluster. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `STEP_MISSING`: An earlier step is missing.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followClusters: {
        parameters: {
            query?: {
                /** @description Sequence of the last event that the client has; default: only new events. */
                after?: number;
                /** @description `false`: the stream ends after the stored events; default: `true`. */
                follow?: "true" | "false";
            };
            header?: {
                /** @description Sequence of the last event that the client received. */
                "last-event-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Frames `id: <sequence>`, `data: <ClusterEvent as JSON>`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description `INVALID_REQUEST`: The request does not have the shape that the API describes. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `TOO_MANY_STREAMS`: The server, or this caller, has as many event streams as it can have.
             *
             *     `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller.
             */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listOperations: {
        parameters: {
            query?: {
                /** @description Only operations of this cluster. */
                cluster?: string;
                /** @description `next_cursor` of the part before, as it was. */
                cursor?: string;
                /** @description Maximum number of entries; default: 50. */
                limit?: number;
                /** @description Only operations in this state. */
                state?: "queued" | "running" | "awaiting-approval" | "cancelling" | "succeeded" | "failed" | "cancelled" | "interrupted";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Operations, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description To be given as `cursor` for the next part; null with the last. */
                        next_cursor: string | null;
                        operations: components["schemas"]["Operation"][];
                    };
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `INVALID_CURSOR`: The cursor is not one that this server gave for this list.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getOperation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the operation, or at least its first 8 characters. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Durable work for one request on one cluster. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `ID_AMBIGUOUS`: Several records have an id with these first characters.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OPERATION_NOT_FOUND`: No operation has this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    approveOperation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Id of the operation, or at least its first 8 characters. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": {
                    /** @description The reviewed plan. The request fails if the operation has another plan. */
                    plan_id?: string;
                };
            };
        };
        responses: {
            /** @description Durable work for one request on one cluster. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `ID_AMBIGUOUS`: Several records have an id with these first characters.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OPERATION_NOT_FOUND`: No operation has this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `TRANSITION_NOT_ALLOWED`: The state of the operation does not allow this action.
             *
             *     `PLAN_STALE`: The plan was created for an older revision of the cluster or its state.
             *
             *     `PLAN_REFUSED`: The plan would remove the primary, the majority of etcd or the data of a node, or stop a node.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelOperation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Id of the operation, or at least its first 8 characters. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "level": 1
                 *     }
                 */
                "application/json": {
                    /**
                     * @description 1 stops cleanly (SIGINT). 2 stops by force (SIGKILL), after a request with 1.
                     * @default 1
                     * @enum {integer}
                     */
                    level?: 1 | 2;
                };
            };
        };
        responses: {
            /** @description Durable work for one request on one cluster. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `ID_AMBIGUOUS`: Several records have an id with these first characters.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OPERATION_NOT_FOUND`: No operation has this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `TRANSITION_NOT_ALLOWED`: The state of the operation does not allow this action.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followOperation: {
        parameters: {
            query?: {
                /** @description Only events after this sequence. The header Last-Event-ID takes precedence. */
                after?: number;
            };
            header?: {
                /** @description Sequence of the last event that the client received. */
                "last-event-id"?: string;
            };
            path: {
                /** @description Id of the operation, or at least its first 8 characters. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Frames `id: <sequence>`, `data: <OperationEvent as JSON>`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The operation has ended, and the client received all of its events. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `ID_AMBIGUOUS`: Several records have an id with these first characters.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `OPERATION_NOT_FOUND`: No operation has this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `TOO_MANY_STREAMS`: The server, or this caller, has as many event streams as it can have.
             *
             *     `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller.
             */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryOperation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Id of the operation, or at least its first 8 characters. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Durable work for one request on one cluster. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `ID_AMBIGUOUS`: Several records have an id with these first characters.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `OPERATION_NOT_FOUND`: No operation has this id.
             *
             *     `CLUSTER_NOT_FOUND`: No cluster has this name.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `TRANSITION_NOT_ALLOWED`: The state of the operation does not allow this action.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `CLUSTER_PROTECTED`: The deletion protection of the cluster is on.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listOrphans: {
        parameters: {
            query?: {
                /**
                 * @description Only this region.
                 * @example eu-central-1
                 */
                region?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Resources with the labels of Hathi that are in no Terraform state. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Orphans"];
                };
            };
            /** @description `INVALID_REQUEST`: The request does not have the shape that the API describes. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLOUD_UNAVAILABLE`: The API of the cloud did not respond, or rejected the credentials. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the record, or at least its first 8 characters. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A saved Terraform plan: reviewed once, applied once, as the same bytes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `ID_AMBIGUOUS`: Several records have an id with these first characters.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `PLAN_NOT_FOUND`: No plan has this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the record, or at least its first 8 characters. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Result of a verification of replication. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `ID_AMBIGUOUS`: Several records have an id with these first characters.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `REPORT_NOT_FOUND`: The cluster has no report yet. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Webhooks, the oldest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookList"];
                };
            };
            /** @description `INVALID_REQUEST`: The request does not have the shape that the API describes. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DATABASE_UNAVAILABLE`: The database does not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://example.com/hathi"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Names of clusters; empty: all.
                     * @default []
                     */
                    clusters?: string[];
                    /**
                     * @description Types; empty: all.
                     * @default []
                     */
                    events?: ("condition.changed" | "roles.changed")[];
                    /**
                     * Format: uri
                     * @description Address that receives the events. A private address is rejected, unless the server allows its network.
                     */
                    url: string;
                };
            };
        };
        responses: {
            /** @description A new webhook with its secret. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhook"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An address that receives events of clusters. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description `INVALID_REQUEST`: The request does not have the shape that the API describes. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `WEBHOOK_NOT_FOUND`: No webhook has this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook no longer exists. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `INVALID_REQUEST`: The request does not have the shape that the API describes. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `WEBHOOK_NOT_FOUND`: No webhook has this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the part before, as it was. */
                cursor?: string;
                /** @description Maximum number of entries; default: 50. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Id of the webhook. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deliveries, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDeliveryList"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `INVALID_CURSOR`: The cursor is not one that this server gave for this list.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `WEBHOOK_NOT_FOUND`: No webhook has this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Id of the webhook. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The delivery of one event to one webhook. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `WEBHOOK_NOT_FOUND`: No webhook has this id. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    applyTerraform: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
                /** @description `respond-async`: return 202 with the operation immediately (RFC 7240). */
                prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "cluster": "default"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Name of the cluster that the step acts on.
                     * @default default
                     */
                    cluster?: string;
                    /** @description Id of a plan of plan-terraform (default: the newest plan). */
                    plan_id?: string;
                };
            };
        };
        responses: {
            /** @description Result of the apply. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppliedTerraform"];
                };
            };
            /** @description The unfinished operation. `Location` is its URL. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `ID_AMBIGUOUS`: Several records have an id with these first characters.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `CLUSTER_NOT_FOUND`: No cluster has this name.
             *
             *     `PLAN_NOT_FOUND`: No plan has this id.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `OPERATION_CANCELLED`: The operation was cancelled.
             *
             *     `STEP_MISSING`: An earlier step is missing.
             *
             *     `PLAN_STALE`: The plan was created for an older revision of the cluster or its state.
             *
             *     `PLAN_ALTERED`: The saved plan file is not the one that was reviewed.
             *
             *     `PLAN_REFUSED`: The plan would remove the primary, the majority of etcd or the data of a node, or stop a node.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `OPERATION_FAILED`: The operation failed.
             *
             *     `OPERATION_INTERRUPTED`: The operation was interrupted. Its state was stored, and a new plan was created.
             *
             *     `WORKSPACE_FAILED`: The files of the cluster could not be written or read.
             *
             *     `STATE_UNREADABLE`: The Terraform state file is empty or cannot be parsed.
             *
             *     `INTERNAL`: Hathi has a defect here; the log of the server has the details.
             */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TERRAFORM_FAILED`: Terraform reported an error. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `TOOL_MISSING`: A program that Hathi needs is not installed or not running.
             *
             *     `TOOL_TOO_OLD`: A program that Hathi needs is older than what Hathi works with.
             *
             *     `TOOL_FAILED`: A program that Hathi needs is installed but does not work.
             *
             *     `DATABASE_UNAVAILABLE`: The database does not respond.
             *
             *     `CLOUD_UNAVAILABLE`: The API of the cloud did not respond, or rejected the credentials.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEADLINE_EXCEEDED`: A stage made no progress for longer than its deadline. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createAnsibleScript: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
                /** @description `respond-async`: return 202 with the operation immediately (RFC 7240). */
                prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "max_connections": 200,
                 *       "shared_buffers": "128MB"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Name of the cluster that the step acts on.
                     * @default default
                     */
                    cluster?: string;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description The generated Ansible. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedAnsibleScript"];
                };
            };
            /** @description The unfinished operation. `Location` is its URL. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             *
             *     `PARAMETER_UNKNOWN`: The PostgreSQL version of the cluster has no parameter of this name.
             *
             *     `PARAMETER_INVALID`: The value does not fit the type, unit or range of the parameter.
             *
             *     `PARAMETER_OWNED`: The parameter is set by Hathi or Patroni and cannot be given.
             *
             *     `PARAMETER_READ_ONLY`: PostgreSQL computes the parameter; it cannot be set.
             *
             *     `PARAMETER_TOO_SMALL`: The value is smaller than replication or Patroni needs.
             *
             *     `PARAMETER_TOO_LARGE`: The value is larger than the node can hold.
             *
             *     `PARAMETER_UNSAFE`: The value would break replicas, sessions or data of the cluster.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `OPERATION_CANCELLED`: The operation was cancelled.
             *
             *     `STEP_MISSING`: An earlier step is missing.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `OPERATION_FAILED`: The operation failed.
             *
             *     `OPERATION_INTERRUPTED`: The operation was interrupted. Its state was stored, and a new plan was created.
             *
             *     `WORKSPACE_FAILED`: The files of the cluster could not be written or read.
             *
             *     `INTERNAL`: Hathi has a defect here; the log of the server has the details.
             */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `TOOL_MISSING`: A program that Hathi needs is not installed or not running.
             *
             *     `TOOL_TOO_OLD`: A program that Hathi needs is older than what Hathi works with.
             *
             *     `TOOL_FAILED`: A program that Hathi needs is installed but does not work.
             *
             *     `DATABASE_UNAVAILABLE`: The database does not respond.
             *
             *     `CLOUD_UNAVAILABLE`: The API of the cloud did not respond, or rejected the credentials.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEADLINE_EXCEEDED`: A stage made no progress for longer than its deadline. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    destroyTerraform: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
                /** @description `respond-async`: return 202 with the operation immediately (RFC 7240). */
                prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "confirm": "default"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Name of the cluster that the step acts on.
                     * @default default
                     */
                    cluster?: string;
                    /** @description Name of the cluster, as confirmation. */
                    confirm: string;
                };
            };
        };
        responses: {
            /** @description Removed and remaining resources. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestroyedTerraform"];
                };
            };
            /** @description The unfinished operation. `Location` is its URL. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `OPERATION_CANCELLED`: The operation was cancelled.
             *
             *     `STEP_MISSING`: An earlier step is missing.
             *
             *     `CLUSTER_PROTECTED`: The deletion protection of the cluster is on.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `OPERATION_FAILED`: The operation failed.
             *
             *     `OPERATION_INTERRUPTED`: The operation was interrupted. Its state was stored, and a new plan was created.
             *
             *     `WORKSPACE_FAILED`: The files of the cluster could not be written or read.
             *
             *     `STATE_UNREADABLE`: The Terraform state file is empty or cannot be parsed.
             *
             *     `INTERNAL`: Hathi has a defect here; the log of the server has the details.
             */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TERRAFORM_FAILED`: Terraform reported an error. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `TOOL_MISSING`: A program that Hathi needs is not installed or not running.
             *
             *     `TOOL_TOO_OLD`: A program that Hathi needs is older than what Hathi works with.
             *
             *     `TOOL_FAILED`: A program that Hathi needs is installed but does not work.
             *
             *     `DATABASE_UNAVAILABLE`: The database does not respond.
             *
             *     `CLOUD_UNAVAILABLE`: The API of the cloud did not respond, or rejected the credentials.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEADLINE_EXCEEDED`: A stage made no progress for longer than its deadline. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getError: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Error code, e.g. `CLUSTER_BUSY`.
                 * @example CLUSTER_BUSY
                 */
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Meaning, cause and remedy of an error code. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorEntry"];
                };
            };
            /** @description `INVALID_REQUEST`: The request does not have the shape that the API describes. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `NOT_FOUND`: Nothing is served at this path. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    executeAnsibleScript: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
                /** @description `respond-async`: return 202 with the operation immediately (RFC 7240). */
                prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "cluster": "default"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Name of the cluster that the step acts on.
                     * @default default
                     */
                    cluster?: string;
                };
            };
        };
        responses: {
            /** @description Result of the Ansible run, with the observed roles. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExecutedAnsibleScript"];
                };
            };
            /** @description The unfinished operation. `Location` is its URL. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `OPERATION_CANCELLED`: The operation was cancelled.
             *
             *     `STEP_MISSING`: An earlier step is missing.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request.
             *
             *     `PARAMETER_REJECTED`: PostgreSQL does not start, or accepts no connection, with the value.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `OPERATION_FAILED`: The operation failed.
             *
             *     `OPERATION_INTERRUPTED`: The operation was interrupted. Its state was stored, and a new plan was created.
             *
             *     `WORKSPACE_FAILED`: The files of the cluster could not be written or read.
             *
             *     `INTERNAL`: Hathi has a defect here; the log of the server has the details.
             */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `ANSIBLE_FAILED`: Ansible reported a failed or unreachable node.
             *
             *     `NODE_UNREACHABLE`: A node did not respond.
             *
             *     `NODE_REFUSED`: A node, or the bastion before it, refused the SSH key or showed another host key.
             *
             *     `NODE_SETUP_FAILED`: A node could not set itself up at its first boot.
             *
             *     `PARAMETER_NOT_APPLIED`: A node runs with a value of a parameter that differs from the written one.
             */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `TOOL_MISSING`: A program that Hathi needs is not installed or not running.
             *
             *     `TOOL_TOO_OLD`: A program that Hathi needs is older than what Hathi works with.
             *
             *     `TOOL_FAILED`: A program that Hathi needs is installed but does not work.
             *
             *     `DATABASE_UNAVAILABLE`: The database does not respond.
             *
             *     `CLOUD_UNAVAILABLE`: The API of the cloud did not respond, or rejected the credentials.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEADLINE_EXCEEDED`: A stage made no progress for longer than its deadline. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    generateTerraform: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
                /** @description `respond-async`: return 202 with the operation immediately (RFC 7240). */
                prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "instance_type": "t2.medium",
                 *       "replica_count": 2
                 *     }
                 */
                "application/json": {
                    /** @description Networks of clients in addition to the network of the cluster, in CIDR notation without host bits. */
                    allow_list?: string[];
                    /** @description Settings of a cluster on `aws`. A setting that is left out keeps its value, or gets its default in a new cluster. This also applies to each field of an object. */
                    aws?: {
                        ami_id?: string | null;
                        apt_mirror?: string | null;
                        apt_security_mirror?: string | null;
                        availability_zones?: string[];
                        bastion?: {
                            host?: string;
                            host_key?: string;
                            port?: number;
                            private_key_file?: string | null;
                            user?: string;
                        } | null;
                        /** @enum {string} */
                        connection?: "public" | "private" | "bastion" | "ssm";
                        control_cidrs?: string[];
                        data_volume?: {
                            iops?: number;
                            size_gib?: number;
                            throughput_mib_s?: number;
                        };
                        key_name?: string | null;
                        kms_key_id?: string | null;
                        network?: {
                            /** @enum {string} */
                            mode: "default";
                        } | {
                            /** @enum {string} */
                            mode: "existing";
                            subnet_ids?: string[];
                            vpc_id?: string;
                        } | {
                            /** Format: cidrv4 */
                            cidr?: string;
                            /** @enum {string} */
                            mode: "own";
                            private?: boolean;
                        };
                        private_key_file?: string | null;
                        proxy?: string | null;
                        /** @enum {string} */
                        public_address?: "ephemeral" | "elastic";
                        region?: string;
                        root_volume?: {
                            size_gib?: number;
                        };
                        session_manager?: boolean;
                        ssh_user?: string;
                        ssm_agent_sha256?: string | null;
                        ssm_agent_url?: string | null;
                        state_bucket?: {
                            bucket?: string;
                            key?: string;
                            path_style?: boolean;
                            region?: string;
                        } | null;
                        termination_protection?: boolean;
                    };
                    /**
                     * @description Name of the cluster that the step acts on.
                     * @default default
                     */
                    cluster?: string;
                    /**
                     * @description How quickly an unresponsive primary is failed over (default of a new cluster: `balanced`).
                     * @enum {string}
                     */
                    failover_profile?: "fast" | "balanced" | "patient";
                    /** @description Type of the machines (default of a new cluster: `t2.medium`). It has no effect on `local`. */
                    instance_type?: string;
                    /** @description Locales of the nodes in addition to `C.UTF-8`, for `lc_messages`, CREATE DATABASE and others. */
                    locales?: string[];
                    /**
                     * @description Major version of PostgreSQL (default of a new cluster: 17).
                     * @enum {string}
                     */
                    postgres_version?: "15" | "16" | "17" | "18";
                    /** @description Number of replicas (default of a new cluster: 2). */
                    replica_count?: number;
                    /**
                     * @description Target of the machines.
                     * @enum {string}
                     */
                    target?: "local" | "aws";
                };
            };
        };
        responses: {
            /** @description The generated Terraform. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GeneratedTerraform"];
                };
            };
            /** @description The unfinished operation. `Location` is its URL. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `OPERATION_CANCELLED`: The operation was cancelled.
             *
             *     `CLUSTER_EXISTS`: A cluster with this name exists.
             *
             *     `NETWORK_TAKEN`: Other clusters used each free network in the meantime.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `OPERATION_FAILED`: The operation failed.
             *
             *     `OPERATION_INTERRUPTED`: The operation was interrupted. Its state was stored, and a new plan was created.
             *
             *     `WORKSPACE_FAILED`: The files of the cluster could not be written or read.
             *
             *     `INTERNAL`: Hathi has a defect here; the log of the server has the details.
             */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `TOOL_MISSING`: A program that Hathi needs is not installed or not running.
             *
             *     `TOOL_TOO_OLD`: A program that Hathi needs is older than what Hathi works with.
             *
             *     `TOOL_FAILED`: A program that Hathi needs is installed but does not work.
             *
             *     `DATABASE_UNAVAILABLE`: The database does not respond.
             *
             *     `CLOUD_UNAVAILABLE`: The API of the cloud did not respond, or rejected the credentials.
             *
             *     `NETWORK_EXHAUSTED`: No free network or block of ports was found for the cluster.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEADLINE_EXCEEDED`: A stage made no progress for longer than its deadline. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The server runs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok"
                     *     }
                     */
                    "application/json": {
                        /** @enum {string} */
                        status: "ok";
                    };
                };
            };
            /** @description `INVALID_REQUEST`: The request does not have the shape that the API describes. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics in the text format of Prometheus. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description `INVALID_REQUEST`: The request does not have the shape that the API describes. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DATABASE_UNAVAILABLE`: The database does not respond. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    planTerraform: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
                /** @description `respond-async`: return 202 with the operation immediately (RFC 7240). */
                prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "cluster": "default"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Name of the cluster that the step acts on.
                     * @default default
                     */
                    cluster?: string;
                };
            };
        };
        responses: {
            /** @description The stored plan. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TerraformPlan"];
                };
            };
            /** @description The unfinished operation. `Location` is its URL. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `OPERATION_CANCELLED`: The operation was cancelled.
             *
             *     `STEP_MISSING`: An earlier step is missing.
             *
             *     `CLOUD_REFUSED`: The account or region cannot provide the requested cluster.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `OPERATION_FAILED`: The operation failed.
             *
             *     `OPERATION_INTERRUPTED`: The operation was interrupted. Its state was stored, and a new plan was created.
             *
             *     `WORKSPACE_FAILED`: The files of the cluster could not be written or read.
             *
             *     `STATE_UNREADABLE`: The Terraform state file is empty or cannot be parsed.
             *
             *     `INTERNAL`: Hathi has a defect here; the log of the server has the details.
             */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TERRAFORM_FAILED`: Terraform reported an error. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `TOOL_MISSING`: A program that Hathi needs is not installed or not running.
             *
             *     `TOOL_TOO_OLD`: A program that Hathi needs is older than what Hathi works with.
             *
             *     `TOOL_FAILED`: A program that Hathi needs is installed but does not work.
             *
             *     `DATABASE_UNAVAILABLE`: The database does not respond.
             *
             *     `CLOUD_UNAVAILABLE`: The API of the cloud did not respond, or rejected the credentials.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEADLINE_EXCEEDED`: A stage made no progress for longer than its deadline. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether the server can work, with one check for each requirement. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description `INVALID_REQUEST`: The request does not have the shape that the API describes. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `INTERNAL`: Hathi has a defect here; the log of the server has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A requirement is missing. Each check contains the remedy. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    verifyReplication: {
        parameters: {
            query?: never;
            header?: {
                /** @description Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response. */
                "idempotency-key"?: string;
                /** @description `respond-async`: return 202 with the operation immediately (RFC 7240). */
                prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "cluster": "default"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Name of the cluster that the step acts on.
                     * @default default
                     */
                    cluster?: string;
                };
            };
        };
        responses: {
            /** @description Result of the verification, for each node. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerifiedReplication"];
                };
            };
            /** @description The unfinished operation. `Location` is its URL. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operation"];
                };
            };
            /**
             * @description `INVALID_REQUEST`: The request does not have the shape that the API describes.
             *
             *     `MALFORMED_JSON`: The body is not valid JSON.
             *
             *     `INVALID_CLUSTER_NAME`: The name of the cluster cannot be used.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNAUTHORIZED`: A valid bearer token is needed. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `FORBIDDEN_HOST`: The Host header names an address that this server does not serve.
             *
             *     `FORBIDDEN_ORIGIN`: A web page of another origin may not use this server.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `CLUSTER_NOT_FOUND`: No cluster has this name. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `IDEMPOTENCY_KEY_IN_USE`: A request with this idempotency key is being answered.
             *
             *     `CLUSTER_BUSY`: Another operation on the cluster is not finished yet.
             *
             *     `OPERATION_CANCELLED`: The operation was cancelled.
             *
             *     `STEP_MISSING`: An earlier step is missing.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `BODY_TOO_LARGE`: The body is larger than the server accepts. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be sent as application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `IDEMPOTENCY_KEY_REUSED`: The idempotency key was used for another request. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `TOO_MANY_REQUESTS`: The caller sends more requests than the server accepts from one caller. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `OPERATION_FAILED`: The operation failed.
             *
             *     `OPERATION_INTERRUPTED`: The operation was interrupted. Its state was stored, and a new plan was created.
             *
             *     `WORKSPACE_FAILED`: The files of the cluster could not be written or read.
             *
             *     `INTERNAL`: Hathi has a defect here; the log of the server has the details.
             */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `REPLICATION_NOT_PROVEN`: The replication of at least one replica could not be verified.
             *
             *     `FAILOVER_NOT_READY`: Every replica replicates, but a failover would not work now.
             *
             *     `NODE_UNREACHABLE`: A node did not respond.
             */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `TOOL_MISSING`: A program that Hathi needs is not installed or not running.
             *
             *     `TOOL_TOO_OLD`: A program that Hathi needs is older than what Hathi works with.
             *
             *     `TOOL_FAILED`: A program that Hathi needs is installed but does not work.
             *
             *     `DATABASE_UNAVAILABLE`: The database does not respond.
             *
             *     `CLOUD_UNAVAILABLE`: The API of the cloud did not respond, or rejected the credentials.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DEADLINE_EXCEEDED`: A stage made no progress for longer than its deadline. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `DISK_FULL`: The disk of the server is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
