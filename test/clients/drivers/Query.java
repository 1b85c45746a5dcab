import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;

/** Opens a JDBC URL and prints whether the node is in recovery: `t` or `f`. */
public final class Query {
  public static void main(String[] arguments) throws Exception {
    try (Connection connection = DriverManager.getConnection(arguments[0]);
        ResultSet result =
            connection.createStatement().executeQuery("SELECT pg_is_in_recovery()")) {
      result.next();
      System.out.println(result.getBoolean(1) ? "t" : "f");
    }
  }
}
