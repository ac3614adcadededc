using Fabrique.Sidecar;

namespace Fabrique.Tests;

/// <summary>The resource files and the configuration of the sidecar: right, or refused whole with every error named.</summary>
public sealed class SidecarComponentTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabrique-components-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_files_a_node_ships_are_accepted()
    {
        Assert.Empty(Errors($"--resources-path={SidecarInMemory.Components}"));
        Assert.Empty(
            Errors(
                $"--resources-path={Path.GetDirectoryName(SidecarInMemory.Components)}/rabbitmq",
                "--FABRIQUE_BROKER=amqp://guest:guest@127.0.0.1:5672/"
            )
        );
    }

    [Fact]
    public void Every_error_is_listed_with_its_place_and_the_way_out()
    {
        Write(
            "pubsub.yaml",
            """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: pubsub
            spec:
              type: pubsub.rabbitmq
              version: v1
              metadata:
                - name: connectionString
                  secretKeyRef: { name: FABRIQUE_BROKER, key: FABRIQUE_BROKER }
                - name: deleteWhenUnused
                  value: "false"
                - name: concurrency
                  value: single
                - name: deliveryMode
                  value: "1"
                - name: publisherConfirm
                  value: "true"
                - name: enableDeadLetter
                  value: "true"
                - name: prefetchCount
                  value: "0"
            auth:
              secretStore: environment
            scoops: []
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: environment
            spec:
              type: secretstores.local.env
              version: v1
            ---
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: other
            spec:
              type: pubsub.kafka
            """
        );
        Write(
            "resiliency.yaml",
            """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata:
              name: pubsub
            spec:
              policies:
                retries:
                  slow: { policy: sometimes, duration: 5 seconds, maxRetries: many }
              targets:
                components:
                  pubsub:
                    inbound: { retry: slwo }
            """
        );
        Write("binding.yaml", "kind: Binding\nmetadata:\n  name: s\n");
        Write("broken.yaml", "kind: [");
        AssertErrors(
            Errors(
                "--dapr-http-port=none",
                "--Apps:practices:Address=127.0.0.1",
                "--Apps:portal:Address=http://127.0.0.1:1",
                "--Apps:portal:ApiToken=t",
                "--Apps:gateway:Address=http://127.0.0.1:2",
                "--Apps:gateway:ApiToken=t"
            ),
            "--dapr-http-port: 'none' must be a port number",
            "Apps:practices:Address: '127.0.0.1' is not an address",
            "Apps:practices:ApiToken: missing",
            "Apps: gateway, portal have the same ApiToken",
            "broken.yaml:2:",
            "pubsub.yaml:9: spec.metadata.connectionString: the environment variable FABRIQUE_BROKER is not set",
            "pubsub.yaml:11: spec.metadata.deleteWhenUnused: unknown; known: ",
            "pubsub.yaml:13: spec.metadata.concurrency: unknown",
            "pubsub.yaml: spec.metadata.deletedWhenUnused: missing, and Dapr's default is true; write false",
            "pubsub.yaml:15: spec.metadata.deliveryMode: '1' must be 2",
            "pubsub.yaml:21: spec.metadata.prefetchCount: '0' must be a whole number from 1 to 255",
            "pubsub.yaml:25: scoops: unknown",
            "pubsub.yaml:40: spec.type: 'pubsub.kafka' is unknown; known: pubsub.in-memory, pubsub.rabbitmq, secretstores.local.env",
            "resiliency.yaml:8: spec.policies.retries.slow.policy: 'sometimes' must be constant or exponential",
            "resiliency.yaml:8: spec.policies.retries.slow.duration: '5 seconds' is not a duration",
            "resiliency.yaml:8: spec.policies.retries.slow.maxRetries: 'many' must be a whole number",
            "resiliency.yaml:12: spec.targets.components.pubsub.inbound.retry: no such policy 'slwo'; declared: slow",
            "binding.yaml: apiVersion: missing",
            "binding.yaml:1: kind: 'Binding' is not supported"
        );
    }

    [Fact]
    public void Every_error_of_policies_subscriptions_and_apps_is_listed_too()
    {
        File.Copy(Path.Combine(SidecarInMemory.Components, "pubsub.yaml"), Path.Combine(_folder.FullName, "pubsub.yaml"));
        Write(
            "resiliency.yaml",
            """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata:
              name: all
            spec:
              policies:
                retries:
                  matched: { policy: constant, matching: { httpStatusCodes: 500 } }
                circuitBreakers:
                  share: { trip: requests > 3, maxRequests: 0 }
                  never: { trip: consecutiveFailures >= 0 }
              targets:
                apps:
                  practices: { circuitBreaker: shar }
                components:
                  pubsob: { inbound: { retry: matched } }
            """
        );
        Write(
            "subscriptions.yaml",
            """
            apiVersion: dapr.io/v1alpha1
            kind: Subscription
            metadata:
              name: old
            spec:
              pubsubname: pubsub
              topic: practices
              route: /handle
            ---
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata:
              name: bad
            spec:
              pubsubname: elsewhere
              topic: territories
              deadLetterTopc: dead
              routes:
                rules:
                  - { match: 'event.data.size > 3', path: /big }
                  - { match: 'event.type == "x"' }
                default: /handle
              metadata: { queueType: quorum, maxPriority: "3", colour: red }
              bulkSubscribe: { enabled: true, maxMessagesCount: 5000 }
            scopes: [practices]
            ---
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata:
              name: again
            spec: { pubsubname: elsewhere, topic: territories, routes: { default: /other }, metadata: { queueType: steam, rawPayload: "true" }, bulkSubscribe: { enabled: true } }
            """
        );
        AssertErrors(
            Errors(
                "--Apps:practices:Address=http://127.0.0.1:1; 127.0.0.1:2",
                "--Apps:practices:ApiToken=t",
                "--Apps:practices:Adress=x",
                "--Apps:practices:app-health-threshold=0",
                "--Apps:practices:enable-app-health-check=yes",
                "--Apps:practices:app-health-probe-timeout=9000",
                "--dapr-graceful-shutdown-seconds=soon"
            ),
            "--dapr-graceful-shutdown-seconds: 'soon' must be seconds",
            "Apps:practices:Adress: unknown; known: Address, ApiToken, enable-app-health-check, ",
            "Apps:practices:Address: '127.0.0.1:2' is not an address",
            "Apps:practices:app-health-threshold: '0' must be a whole number",
            "Apps:practices:enable-app-health-check: 'yes' must be true or false",
            "Apps:practices:app-health-probe-timeout: must be shorter than app-health-probe-interval",
            "resiliency.yaml:8: spec.policies.retries.matched.matching: unknown; known: ",
            "resiliency.yaml:10: spec.policies.circuitBreakers.share.trip: 'requests > 3' is not supported; write consecutiveFailures > 5",
            "resiliency.yaml:10: spec.policies.circuitBreakers.share.maxRequests: '0' must be",
            "resiliency.yaml:11: spec.policies.circuitBreakers.never.trip: 'consecutiveFailures >= 0' is not supported",
            "resiliency.yaml:14: spec.targets.apps.practices.circuitBreaker: no such policy 'shar'; declared: share, never",
            "resiliency.yaml:16: spec.targets.components.pubsob: there is no such component; declared: pubsub",
            "subscriptions.yaml:1: apiVersion: 'dapr.io/v1alpha1' must be dapr.io/v2alpha1",
            "subscriptions.yaml: spec.routes.default: missing: it has no route",
            "subscriptions.yaml:8: spec.route: unknown",
            "subscriptions.yaml:15: spec.pubsubname: there is no such pub/sub component 'elsewhere'",
            "subscriptions.yaml:17: spec.deadLetterTopc: unknown; known: ",
            "subscriptions.yaml: spec.routes.rules[0].match: 'event.data.size > 3' is not supported; write event.type == ",
            "subscriptions.yaml: spec.routes.rules[1].path: missing",
            "subscriptions.yaml: spec.metadata.maxPriority: a quorum queue has no priorities",
            "subscriptions.yaml: spec.metadata.colour: not supported; known: queueName, queueType",
            "subscriptions.yaml: spec.bulkSubscribe.maxMessagesCount: must be from 1 to 1000",
            "subscriptions.yaml:31: spec.pubsubname: there is no such pub/sub component 'elsewhere'",
            "subscriptions.yaml:31: spec.bulkSubscribe: not supported together with metadata.rawPayload",
            "subscriptions.yaml: spec.metadata.queueType: 'steam' must be classic or quorum",
            "subscriptions.yaml:31: spec.topic: 'territories' of elsewhere is declared twice for an app"
        );
    }

    [Fact]
    public void Tls_to_the_broker_is_asked_for_whole()
    {
        Write(
            "pubsub.yaml",
            SidecarRabbitMq.Component.Replace(
                "    - name: durable",
                "    - name: caCert\n      value: none\n    - name: clientCert\n      value: none\n    - name: saslExternal\n      value: \"true\"\n    - name: durable",
                StringComparison.Ordinal
            )
        );
        AssertErrors(
            Errors("--FABRIQUE_BROKER=amqp://guest:guest@127.0.0.1/"),
            "pubsub.yaml:15: spec.metadata.caCert: needs a connectionString that begins with amqps://",
            "pubsub.yaml:17: spec.metadata.clientCert: needs",
            "pubsub.yaml:19: spec.metadata.saslExternal: needs"
        );
        AssertErrors(
            Errors("--FABRIQUE_BROKER=amqps://127.0.0.1/"),
            "pubsub.yaml:15: spec.metadata.caCert: must hold certificates as PEM",
            "pubsub.yaml: spec.metadata.clientKey: missing: clientCert and clientKey go together"
        );
    }

    [Fact]
    public void A_password_is_never_repeated()
    {
        File.Copy(Path.Combine(SidecarInMemory.Components, "..", "rabbitmq", "pubsub.yaml"), Path.Combine(_folder.FullName, "pubsub.yaml"));
        var error = Assert.Single(Errors("--FABRIQUE_BROKER=http://fabrique:s3cret@broker"));
        Assert.Contains("connectionString: must look like amqp://", error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_folder_is_named() =>
        Assert.Contains("'/nowhere' does not exist", Assert.Single(Errors("--resources-path=/nowhere")), StringComparison.Ordinal);

    [Fact]
    public void A_retry_waits_as_dapr_says()
    {
        Assert.All(Enumerable.Range(0, 5), attempt =>
            Assert.Equal(TimeSpan.FromSeconds(2), new RetryPolicy(false, TimeSpan.FromSeconds(2), TimeSpan.Zero, -1).Delay(attempt))
        );
        var exponential = new RetryPolicy(true, TimeSpan.Zero, TimeSpan.FromSeconds(10), -1);
        Assert.InRange(exponential.Delay(0), TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(750));
        Assert.InRange(exponential.Delay(3), TimeSpan.FromMilliseconds(843), TimeSpan.FromMilliseconds(2532));
        Assert.InRange(exponential.Delay(1_000_000), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15));
    }

    private void Write(string file, string content) => File.WriteAllText(Path.Combine(_folder.FullName, file), content);

    private IReadOnlyList<string> Errors(params string[] arguments)
    {
        try
        {
            using var sidecar = (IDisposable)Fabrique.Sidecar.Sidecar.Build([$"--resources-path={_folder.FullName}", .. arguments]);
            return [];
        }
        catch (InvalidConfigurationException e)
        {
            return e.Errors;
        }
    }

    private static void AssertErrors(IReadOnlyList<string> errors, params string[] expected)
    {
        Assert.All(expected, start => Assert.Contains(errors, error => error.StartsWith(start, StringComparison.Ordinal)));
        Assert.Equal(expected.Length, errors.Count);
    }
}
