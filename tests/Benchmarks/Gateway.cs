using System.Net;
using Fabrique.Runner;

namespace Fabrique.Benchmarks;

/// <summary>
/// Pages and the API of a whole node through its gateway, against nginx in front of the same processes; and, for what the
/// gateway keeps in memory, against nginx with the same bytes in a file.
/// </summary>
internal sealed class Gateway()
    : Benchmark("gateway", "pages and API through the gateway, against nginx before the same services and before files")
{
    private const string Second = "h1";

    // What has a cookie is neither kept nor answered from what is kept.
    public const string Unkept = "Cookie: bench=1";

    public override async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        await WithNodeAsync(folder.New(), null, (plan, servers) => CompareAsync(report, folder.New(), plan, servers));
    }

    /// <summary>Starts a node, in memory, for some work; what the work pushes on the servers ends with them.</summary>
    /// <param name="data">Its data folder, which may have data.</param>
    /// <param name="database">Connection string of a PostgreSQL server; null: SQLite in the data folder.</param>
    /// <param name="work">With the plan of the node and its processes.</param>
    public static async Task WithNodeAsync(string data, string? database, Func<NodePlan, Stack<Server>, Task> work)
    {
        var plan = await PlanAsync(data, database);
        var servers = new Stack<Server>();
        try
        {
            foreach (var spec in plan.Processes.OrderBy(spec => spec.Stage))
            {
                servers.Push(await Server.StartAsync(spec));
            }

            await work(plan, servers);
        }
        finally
        {
            while (servers.TryPop(out var server))
            {
                await server.DisposeAsync();
            }
        }
    }

    private static async Task CompareAsync(Report report, string folder, NodePlan plan, Stack<Server> servers)
    {
        Uri Upstream(string name) => new(plan.Processes[0].Environment[$"services__{name}__{Second}__0"]);
        var ports = Ports.Free(2);
        var files = Directory.CreateDirectory(Path.Combine(folder, "files")).FullName;
        servers.Push(
            await Nginx.StartAsync(
                folder,
                [("/api/v1/territories", Upstream("territories")), ("/api/v1/practices", Upstream("practices")), ("/", Upstream("portal"))],
                ports[0],
                ports[1]
            )
        );
        Uri proxy = new($"http://127.0.0.1:{ports[0]}"),
            file = new($"http://127.0.0.1:{ports[1]}");

        using var http = new HttpClient { BaseAddress = plan.Address };
        var paths = new[]
        {
            ("page, home", "/"),
            ("page, list of practices", "/pratiques"),
            ("API, list of practices", "/api/v1/practices"),
            ("style sheet", "/site.css"),
        };
        foreach (var (what, path) in paths)
        {
            var bytes = await ReadAsync(http, path);
            await File.WriteAllBytesAsync(Path.Combine(files, "answer"), bytes);
            report.Say($"{path} has {bytes.Length:#,0} bytes");
            Uri ours = new(plan.Address!, path),
                theirs = new(proxy, path);
            await report.CompareAsync(
                $"{what}, not kept",
                new("Fabrique", () => Wrk.RunAsync(ours, Unkept)),
                new("nginx, same upstream", () => Wrk.RunAsync(theirs, Unkept)),
                goal: 0.7
            );
            await report.CompareAsync(
                $"{what}, kept",
                new("Fabrique", () => Wrk.RunAsync(ours)),
                new("nginx, file", () => Wrk.RunAsync(new Uri(file, "/answer"))),
                goal: 0.3
            );
        }
    }

    /// <summary>The node of tye.yaml in memory, whose services speak HTTP/1.1 on a second port, for nginx.</summary>
    private static async Task<NodePlan> PlanAsync(string data, string? database)
    {
        var file = TyeFile.Load(Path.Combine(Checkout.Root(), "tye.yaml"));
        file = file with
        {
            Services =
            [
                .. file.Services.Select(service =>
                    service.IsPublic ? service : service with { Bindings = [.. service.Bindings, new TyeBinding(Second, null, "http")] }
                ),
            ],
        };
        var broker = await Broker.ChooseAsync("memory", data, CancellationToken.None);
        return new Node(file, Checkout.Root(), data, IPAddress.Loopback, 0).Plan(
            broker,
            new Database("", database),
            DaprSidecar.Choose(DaprSidecar.EmbeddedName, broker, data)
        );
    }

    /// <summary>The answer, once everything behind the gateway is there.</summary>
    public static async Task<byte[]> ReadAsync(HttpClient http, string path)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var tries = 0; tries < 300 && await timer.WaitForNextTickAsync(); tries++)
        {
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
            if (response.IsSuccessStatusCode)
            {
                return await response.Content.ReadAsByteArrayAsync();
            }
        }

        throw new InvalidOperationException($"{path} is not answered");
    }
}
