using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

/// <summary>A node on a PostgreSQL that the tests may stop.</summary>
public sealed class NodeOnRestartedPostgreSql() : WholeNode("--broker", "memory")
{
    /// <summary>Members before anything breaks.</summary>
    public static readonly string[] Territories = ["06088", "13055"];

    private readonly Dictionary<string, string> _environment = [];

    public PostgreSqlServer Server { get; } = new();

    protected override IReadOnlyDictionary<string, string> Environment => _environment;

    public override async ValueTask InitializeAsync()
    {
        _environment[ServiceDatabase.Variable] = await Server.StartAsync();
        await base.InitializeAsync();
        foreach (var territory in Territories)
        {
            await this.JoinAsync(territory);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Server.DisposeAsync();
    }
}

public sealed class NodePostgreSqlFaults(NodeOnRestartedPostgreSql node) : IClassFixture<NodeOnRestartedPostgreSql>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("06088", true)]
    [InlineData("13055", false)]
    public async Task A_database_server_that_stops_is_told_to_who_writes_and_found_again(string territory, bool killed)
    {
        await using var writers = await PracticeWriters.StartAsync(node, territory);
        await writers.PublishedMoreAsync(10, Limit);
        if (killed)
        {
            node.Server.Kill();
        }
        else
        {
            await node.Server.StopAsync();
        }
        await writers.RefusedMoreAsync(10, Limit);
        await node.Server.StartAsync();
        await writers.PublishedMoreAsync(10, Limit);
        await writers.ConvergedAsync(Limit);

        Assert.Equal(0, writers.Unanswered);
        foreach (var refusal in writers.Refusals)
        {
            await ProblemAsync(refusal, 503, "STORAGE_UNAVAILABLE");
        }
        Assert.All(node.RunFile()["processes"]!.AsArray(), process => Assert.Equal(0, (int)process!["restarts"]!));
        await WholeNode.EventuallyAsync(
            true,
            async () => (bool)(await node.HealthAsync("practices"))["checks"]!["relay"]!["leads"]!,
            Limit
        );
    }
}
