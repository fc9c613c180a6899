/*
 * Admin.java - what ops/kafka asks of the broker that it started, by Kafka's own client:
 *
 *   Admin PROPERTIES ready N SECONDS   wait until a metadata request names N brokers, all reachable
 *   Admin PROPERTIES allow PREFIX      rights of the users yici and department on the topics PREFIX.*
 *   Admin PROPERTIES count             print how many brokers answer
 *   Admin PROPERTIES forget GROUP      a consumer group without members is gone, with its positions
 */
import java.io.FileReader;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

public class Admin {
	static final List<AclBinding> rights = new ArrayList<>();

	static void allow(String user, ResourceType type, String name, PatternType pattern, AclOperation... operations) {
		for (AclOperation operation : operations)
			rights.add(new AclBinding(new ResourcePattern(type, name, pattern),
			    new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW)));
	}

	static int brokers(AdminClient client) {
		try {
			int answering = 0;
			for (Node node : client.describeCluster().nodes().get(5, TimeUnit.SECONDS)) {
				// One that has just died is still named.
				try (Socket socket = new Socket(node.host(), node.port())) {
					answering++;
				} catch (IOException e) {
				}
			}
			return answering;
		} catch (Exception e) {
			return 0;
		}
	}

	public static void main(String[] args) throws Exception {
		Properties properties = new Properties();
		try (FileReader file = new FileReader(args[0])) {
			properties.load(file);
		}
		properties.put("request.timeout.ms", "4000");
		properties.put("default.api.timeout.ms", "5000");
		properties.put("reconnect.backoff.max.ms", "500");
		try (AdminClient client = AdminClient.create(properties)) {
			switch (args[1]) {
			case "ready": {
				int wanted = Integer.parseInt(args[2]);
				long until = System.nanoTime() + Long.parseLong(args[3]) * 1_000_000_000L;
				while (brokers(client) < wanted) {
					if (System.nanoTime() > until)
						System.exit(1);
					Thread.sleep(100);
				}
				break;
			}
			case "count":
				System.out.println(brokers(client));
				break;
			case "allow": {
				String prefix = args[2];
				allow("yici", ResourceType.TOPIC, prefix + ".", PatternType.PREFIXED, AclOperation.ALL);
				allow("yici", ResourceType.GROUP, prefix + ".", PatternType.PREFIXED, AclOperation.ALL);
				allow("yici", ResourceType.GROUP, "*", PatternType.LITERAL, AclOperation.DESCRIBE);
				allow("yici", ResourceType.TRANSACTIONAL_ID, prefix, PatternType.PREFIXED, AclOperation.ALL);
				allow("yici", ResourceType.CLUSTER, "kafka-cluster", PatternType.LITERAL,
				    AclOperation.DESCRIBE, AclOperation.IDEMPOTENT_WRITE);
				for (String topic : new String[] { ".students", ".runs" })
					allow("department", ResourceType.TOPIC, prefix + topic, PatternType.LITERAL,
					    AclOperation.READ, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS);
				allow("department", ResourceType.GROUP, "dept.", PatternType.PREFIXED, AclOperation.READ,
				    AclOperation.DESCRIBE);
				client.createAcls(rights).all().get(20, TimeUnit.SECONDS);
				break;
			}
			case "forget":
				client.deleteConsumerGroups(List.of(args[2])).all().get(20, TimeUnit.SECONDS);
				break;
			default:
				System.exit(64);
			}
		}
	}
}
