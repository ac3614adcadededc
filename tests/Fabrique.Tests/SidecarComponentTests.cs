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
        Assert.Empty(Errors($"--resources-path={Path.GetDirectoryName(SidecarInMemory.Components)}/rabbitmq", "--FABRIQUE_BROKER=amqp://guest:guest@127.0.0.1:5672/"));
    }

    [Fact]
    public void Every_error_is_listed_with_its_place_and_the_way_out()
    {
        Write("pubsub.yaml", """
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
            """);
        Write("resiliency.yaml", """
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
            """);
        Write("subscription.yaml", "kind: Subscription\nmetadata:\n  name: s\n");
        Write("broken.yaml", "kind: [");
        AssertErrors(
            Errors("--dapr-http-port=none", "--Apps:practices:Address=127.0.0.1", "--Apps:portal:Address=http://127.0.0.1:1", "--Apps:portal:ApiToken=t", "--Apps:gateway:Address=http://127.0.0.1:2", "--Apps:gateway:ApiToken=t"),
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
            "subscription.yaml:1: kind: 'Subscription' is not supported");
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
    public void A_missing_folder_is_named() => Assert.Contains("'/nowhere' does not exist", Assert.Single(Errors("--resources-path=/nowhere")), StringComparison.Ordinal);

    [Fact]
    public void A_retry_waits_as_dapr_says()
    {
        Assert.All(Enumerable.Range(0, 5), attempt => Assert.Equal(TimeSpan.FromSeconds(2), new RetryPolicy(false, TimeSpan.FromSeconds(2), TimeSpan.Zero, -1).Delay(attempt)));
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
