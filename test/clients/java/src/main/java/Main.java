import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.ClustersApi;
import org.openapitools.client.api.OperationsApi;
import org.openapitools.client.model.ApproveOperationRequest;
import org.openapitools.client.model.CreateClusterRequest;
import org.openapitools.client.model.OperationEvent;
import org.openapitools.client.model.ParameterValue;

/**
 * Creates, approves, watches and destroys a cluster with the Java client of openapi-generator.
 * Arguments: the URL of the server and the name of the cluster.
 */
public final class Main {
  private static final Duration WAIT_LIMIT = Duration.ofMinutes(3);

  public static void main(String[] arguments) throws Exception {
    String name = arguments[1];
    ApiClient client = new ApiClient();
    client.updateBaseUri(arguments[0]);
    ClustersApi clusters = new ClustersApi(client);
    OperationsApi operations = new OperationsApi(client);

    CreateClusterRequest request =
        new CreateClusterRequest()
            .name(name)
            .replicaCount(0)
            .parameters(Map.of("work_mem", new ParameterValue("8MB")));
    String id = clusters.createCluster(request, null).getId();
    waitFor(operations, id, "awaiting-approval");
    operations.approveOperation(id, null, new ApproveOperationRequest());
    String last = watch(client, id);
    require(last.equals("operation.succeeded"), last);
    String status = clusters.getCluster(name).getStatus().getValue();
    require(status.equals("healthy"), status);
    waitFor(operations, clusters.destroyCluster(name, name, null).getId(), "succeeded");
    System.out.println("destroyed " + name);
  }

  /** Prints the type of each event as it arrives and returns that of the last one. */
  private static String watch(ApiClient client, String id) throws Exception {
    // Not followOperation, which parses the whole stream as one JSON value.
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(client.getBaseUri() + "/api/v1/operations/" + id + "/events"))
            .build();
    Stream<String> lines =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofLines()).body();
    String last = "";
    for (String line : (Iterable<String>) lines::iterator) {
      if (!line.startsWith("data: ")) continue;
      String data = line.substring("data: ".length());
      OperationEvent event = client.getObjectMapper().readValue(data, OperationEvent.class);
      require(event.getActualInstance() != null, data);
      last = client.getObjectMapper().readTree(data).get("type").asText();
      System.out.println(last);
    }
    return last;
  }

  private static void waitFor(OperationsApi operations, String id, String state) throws Exception {
    Instant deadline = Instant.now().plus(WAIT_LIMIT);
    while (Instant.now().isBefore(deadline)) {
      String now = operations.getOperation(id).getState().getValue();
      if (now.equals(state)) return;
      require(!now.equals("failed"), "operation " + id + " failed");
      Thread.sleep(200);
    }
    throw new IllegalStateException("operation " + id + " did not become " + state);
  }

  private static void require(boolean holds, String text) {
    if (!holds) throw new IllegalStateException(text);
  }
}
