using System.Diagnostics;
using System.Net;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

/// <summary>A node with a RabbitMQ of its own, all of its data on a small disk of memory.</summary>
public sealed class NodeOnSmallDisk : WholeNode
{
    private string Ballast => Path.Combine(Data, "ballast");

    /// <summary>Why there is no such disk; null when there is.</summary>
    public string? Missing { get; private set; }

    public override async ValueTask InitializeAsync()
    {
        using var mount = Process.Start(
            new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=320m", "fabrique", Data]) { RedirectStandardError = true }
        )!;
        await mount.WaitForExitAsync();
        if (mount.ExitCode != 0)
        {
            Missing = $"a small disk of memory cannot be mounted here: {await mount.StandardError.ReadToEndAsync()}";
            return;
        }
        await base.InitializeAsync();
    }

    /// <summary>Fills the disk to the last byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var size = 1 << 20; size > 0; size /= 2)
        {
            try
            {
                for (; ; )
                {
                    file.Write(new byte[size]);
                }
            }
            catch (IOException)
            {
                // A smaller piece may still fit.
            }
        }
    }

    public void Free() => File.Delete(Ballast);

    public override async ValueTask DisposeAsync()
    {
        if (Missing is null)
        {
            await RunAsync("down");
            using var unmount = Process.Start("umount", [Data]);
            await unmount.WaitForExitAsync();
        }
        await base.DisposeAsync();
    }
}

public sealed class NodeFullDisk(NodeOnSmallDisk node) : IClassFixture<NodeOnSmallDisk>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_disk_is_told_to_who_writes_and_nobody_loses_anything()
    {
        Assert.SkipUnless(node.Missing is null, node.Missing ?? "");
        await using var writers = await PracticeWriters.StartAsync(node, "63113");
        await writers.PublishedMoreAsync(10, Limit);
        node.Fill();
        await writers.RefusedMoreAsync(20, Limit);
        using var http = await node.HttpAsync();
        foreach (var page in new[] { "/", "/pratiques", "/territoires/62528", "/api/v1/practices?query=cantine" })
        {
            using var answer = await http.GetAsync(page, Cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        // The same processes go on once there is room again.
        node.Free();
        await writers.PublishedMoreAsync(10, Limit);
        await writers.ConvergedAsync(Limit);
        Assert.Equal(0, writers.Unanswered);
        foreach (var refusal in writers.Refusals)
        {
            var problem = await ProblemAsync(refusal, 503, "STORAGE_FULL");
            Assert.Contains("disque", (string?)problem["detail"], StringComparison.Ordinal);
        }
        // RabbitMQ ends when it finds no room, and the runner starts it until it does.
        Assert.All(node.RunFile()["processes"]!.AsArray().Where(process => (string?)process!["name"] is not "rabbitmq"), process =>
            Assert.Equal(0, (int)process!["restarts"]!)
        );
    }
}
