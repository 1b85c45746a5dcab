// Creates, approves, watches and destroys a cluster with the client that oapi-codegen generates.
// Arguments: the URL of the server and the name of the cluster.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"hathi.test/clients/hathi"
)

const waitLimit = 3 * time.Minute

func main() {
	log.SetFlags(0)
	ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
	defer cancel()
	url, name := os.Args[1], os.Args[2]
	client, err := hathi.NewClientWithResponses(url)
	check(err)

	replicas := 0
	var memory hathi.ParameterValue
	check(memory.FromParameterValue0("8MB"))
	created, err := client.CreateClusterWithResponse(ctx, nil, hathi.CreateClusterJSONRequestBody{
		Name:         name,
		ReplicaCount: &replicas,
		Parameters:   &map[string]hathi.ParameterValue{"work_mem": memory},
	})
	check(err)
	require(created.JSON202 != nil, created.Body)
	id := created.JSON202.Id

	waitFor(ctx, client, id, "awaiting-approval")
	approved, err := client.ApproveOperationWithResponse(ctx, id, nil, hathi.ApproveOperationJSONRequestBody{})
	check(err)
	require(approved.JSON202 != nil, approved.Body)

	last := watch(ctx, client, id)
	require(last == "operation.succeeded", []byte(last))

	cluster, err := client.GetClusterWithResponse(ctx, name)
	check(err)
	require(cluster.JSON200 != nil && cluster.JSON200.Status == "healthy", cluster.Body)

	destroyed, err := client.DestroyClusterWithResponse(ctx, name, &hathi.DestroyClusterParams{Confirm: name})
	check(err)
	require(destroyed.JSON202 != nil, destroyed.Body)
	waitFor(ctx, client, destroyed.JSON202.Id, "succeeded")
	fmt.Println("destroyed", name)
}

// watch prints the type of each event as it arrives and returns that of the last one.
func watch(ctx context.Context, client *hathi.ClientWithResponses, id string) (last string) {
	// Not FollowOperationWithResponse, which returns nothing before the stream ends.
	response, err := client.FollowOperation(ctx, id, nil)
	check(err)
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		data, isData := strings.CutPrefix(lines.Text(), "data: ")
		if !isData {
			continue
		}
		var event hathi.OperationEvent
		check(json.Unmarshal([]byte(data), &event))
		last, err = event.Discriminator()
		check(err)
		fmt.Println(last)
	}
	check(lines.Err())
	return last
}

func waitFor(ctx context.Context, client *hathi.ClientWithResponses, id string, state string) {
	for {
		operation, err := client.GetOperationWithResponse(ctx, id)
		check(err)
		require(operation.JSON200 != nil, operation.Body)
		if string(operation.JSON200.State) == state {
			return
		}
		require(operation.JSON200.State != "failed", operation.Body)
		time.Sleep(200 * time.Millisecond)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func require(holds bool, body []byte) {
	if !holds {
		log.Fatalf("unexpected response: %s", body)
	}
}
