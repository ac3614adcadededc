using System.Globalization;
using System.Text.Json.Nodes;
using Fabrique.Records.V1;
using Fabrique.Storage;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fabrique.Runner;

/// <summary>
/// Looks after what the services of a running node keep: <c>quarantine</c> and <c>rebuild</c>, with a token of a steward that lives for
/// minutes.
/// </summary>
internal sealed class MaintenanceCommand(string data, TextWriter output, TimeProvider clock)
{
    private const int PageSize = 100;
    private const int ShownId = 12;

    private static readonly string[] Columns = ["service", "id", "received", "reason", "kind", "territory", "signer"];
    private static readonly SocketsHttpHandler Direct = new() { UseProxy = false };

    /// <param name="only">One service; null: all that keep records.</param>
    public async Task<int> ListAsync(string? only, CancellationToken cancellation)
    {
        var rows = new List<string[]> { Columns };
        foreach (var service in Services(only))
        {
            rows.AddRange(
                (await QuarantineAsync(service, cancellation)).Select(item =>
                    new[]
                    {
                        service.Name,
                        item.Id[..ShownId],
                        item.ReceivedAt.ToDateTime().ToString("u", CultureInfo.InvariantCulture),
                        item.Reason,
                        item.Kind,
                        item.Territory,
                        item.Signer,
                    }
                )
            );
        }
        if (rows.Count == 1)
        {
            output.WriteLine("Nothing is in quarantine");
            return 0;
        }
        // What an envelope says of itself was verified by nobody: it must not steer the terminal.
        var cells = rows.Select(row =>
                row.Select(text => string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter))).ToArray()
            )
            .ToList();
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => cells.Max(row => row[column].Length)).ToArray();
        cells.ForEach(row => output.WriteLine(string.Join("  ", row.Select((text, column) => text.PadRight(widths[column]))).TrimEnd()));
        output.WriteLine($"{rows.Count - 1} in quarantine; './fabrique quarantine replay' looks at them again");
        return 0;
    }

    /// <param name="ids">Beginnings of the ids that <c>list</c> shows; none means all.</param>
    public Task<int> ReplayAsync(string? only, string[] ids, CancellationToken cancellation) =>
        EachAsync(
            only,
            ids,
            async (service, chosen) =>
            {
                var answer = await service.Client.ReplayQuarantineAsync(
                    new ReplayQuarantineRequest { Ids = { chosen } },
                    service.Token,
                    cancellationToken: cancellation
                );
                output.WriteLine($"{service.Name}: {answer.Released} taken in, {answer.Kept} still in quarantine");
            },
            cancellation
        );

    /// <param name="ids">As for <see cref="ReplayAsync"/>; none only with <paramref name="all"/>.</param>
    public Task<int> DiscardAsync(string? only, string[] ids, bool all, CancellationToken cancellation) =>
        all == ids.Length > 0
            ? throw new PlainError("Name the envelopes to erase for good by the ids that './fabrique quarantine list' shows, or give --all")
            : EachAsync(
                only,
                ids,
                async (service, chosen) =>
                {
                    var answer = await service.Client.DiscardQuarantineAsync(
                        new DiscardQuarantineRequest { Ids = { chosen }, All = all },
                        service.Token,
                        cancellationToken: cancellation
                    );
                    output.WriteLine($"{service.Name}: {answer.Discarded} erased");
                },
                cancellation
            );

    /// <summary>Has a service derive its index again, and tells how far it is until it is through.</summary>
    public async Task<int> RebuildAsync(string name, CancellationToken cancellation)
    {
        var service = Services(name).Single();
        await CallAsync(service, () =>
            service.Client.RebuildIndexAsync(new RebuildIndexRequest(), service.Token, cancellationToken: cancellation).ResponseAsync
        );
        var begin = clock.GetTimestamp();
        using var http = new HttpClient(Direct, disposeHandler: false)
        {
            DefaultRequestVersion = new Version(2, 0),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500), clock);
        while (true)
        {
            var index = JsonNode.Parse(await http.GetStringAsync(new Uri(service.Address, "/health"), cancellation))!["checks"]!["index"]!;
            var (indexed, last) = ((long)index["indexed"]!, (long)index["lastSequence"]!);
            output.WriteLine($"  {name}: {indexed} of {last}");
            if (indexed >= last)
            {
                output.WriteLine(
                    $"The index of {name} is built again after {clock.GetElapsedTime(begin).TotalSeconds:0.0} s; reads went on meanwhile"
                );
                return 0;
            }
            await timer.WaitForNextTickAsync(cancellation);
        }
    }

    private async Task<int> EachAsync(string? only, string[] ids, Func<Service, List<string>, Task> act, CancellationToken cancellation)
    {
        var unknown = ids.ToHashSet();
        foreach (var service in Services(only))
        {
            var chosen = new List<string>();
            foreach (var item in ids.Length > 0 ? await QuarantineAsync(service, cancellation) : [])
            {
                var beginnings = ids.Where(id => item.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase)).ToList();
                unknown.ExceptWith(beginnings);
                chosen.AddRange(beginnings.Count > 0 ? [item.Id] : Array.Empty<string>());
            }
            if (ids.Length == 0 || chosen.Count > 0)
            {
                await CallAsync(service, async () =>
                {
                    await act(service, chosen);
                    return true;
                });
            }
        }
        return unknown.Count == 0
            ? 0
            : throw new PlainError($"Nothing in quarantine has an id that begins with {string.Join(", ", unknown)}");
    }

    private static async Task<List<QuarantinedEnvelope>> QuarantineAsync(Service service, CancellationToken cancellation)
    {
        var items = new List<QuarantinedEnvelope>();
        var request = new ListQuarantineRequest { PageSize = PageSize };
        do
        {
            var page = await CallAsync(service, () =>
                service.Client.ListQuarantineAsync(request, service.Token, cancellationToken: cancellation).ResponseAsync
            );
            items.AddRange(page.Items);
            request.PageToken = page.NextPageToken;
        } while (request.PageToken.Length > 0);
        return items;
    }

    private static async Task<T> CallAsync<T>(Service service, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RpcException error) when (error.StatusCode != StatusCode.Cancelled)
        {
            throw new PlainError(
                $"{service.Name} refuses or does not answer ({error.StatusCode}): {error.Status.Detail.ReplaceLineEndings(" ")}"
            );
        }
    }

    /// <summary>The services that keep records, each by the first of its processes that lives.</summary>
    private List<Service> Services(string? only)
    {
        if (RunFile.Read(data) is not { IsRunning: true } node)
        {
            throw new PlainError($"No node runs on {data}: './fabrique up' starts it");
        }
        if (only is not null && !node.Keepers.Contains(only))
        {
            throw new PlainError($"{only} is no service that keeps records, but {string.Join(", ", node.Keepers)}");
        }
        using var key = NodeKey.OpenOrCreate(data);
        var token = new Metadata
        {
            { "authorization", $"Bearer {NodeToken.Issue(key, [new Grant(Grant.Steward, key.Node)], TimeSpan.FromMinutes(5), clock)}" },
        };
        return
        [
            .. node
                .Keepers.Where(name => only is null || name == only)
                .Select(name =>
                {
                    var address = node.Processes.FirstOrDefault(process =>
                        process.Service == name && Proc.IsAlive(process.Pid, process.StartTicks)
                    )?.Address
                        ?? throw new PlainError(
                            $"{name} does not run at the moment: './fabrique status' shows it, './fabrique logs {name}' why"
                        );
                    var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = Direct });
                    return new Service(name, new Uri(address), new MaintenanceService.MaintenanceServiceClient(channel), token);
                }),
        ];
    }

    private sealed record Service(string Name, Uri Address, MaintenanceService.MaintenanceServiceClient Client, Metadata Token);
}
