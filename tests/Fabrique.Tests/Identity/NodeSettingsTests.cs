using Microsoft.Extensions.Configuration;

namespace Fabrique.Tests;

/// <summary>The file of settings of a node, as its processes read it.</summary>
public sealed class NodeSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("settings-").FullName;

    private string Path => System.IO.Path.Combine(_folder, NodeSettings.FileName);

    [Fact]
    public void What_a_steward_wrote_counts_where_neither_command_nor_environment_says_otherwise()
    {
        NodeSettings.Save(_folder, new Dictionary<string, string> { ["Site:Name"] = "« Essai »", ["Mail:From"] = "a@example.org" });
        using var configuration = Configured(("Mail:From", "b@example.org"));
        Assert.Equal(("« Essai »", "b@example.org"), (configuration["Site:Name"], configuration["Mail:From"]));

        NodeSettings.Save(_folder, new Dictionary<string, string> { ["Site:Name"] = "" });
        configuration.ReloadNodeSettings();
        Assert.Null(configuration["Site:Name"]);
        Assert.Equal(["Mail:From"], NodeSettings.Read(_folder).Keys);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    }

    [Fact]
    public async Task A_running_process_sees_a_change_and_is_not_stopped_by_a_slip_of_the_pen()
    {
        using var configuration = Configured();
        Assert.Null(configuration["Site:Name"]);
        NodeSettings.Save(_folder, new Dictionary<string, string> { ["Site:Name"] = "Premier" });
        await WholeNode.EventuallyAsync("Premier", () => Task.FromResult(configuration["Site:Name"]), TimeSpan.FromSeconds(20));
        await File.WriteAllTextAsync(Path, "{ \"Site:Name\": ", TestContext.Current.CancellationToken);
        configuration.ReloadNodeSettings();
        // The next start says so.
        Assert.ThrowsAny<Exception>(() => Configured());
    }

    [Fact]
    public void Two_changes_at_once_are_both_kept()
    {
        Parallel.For(0, 20, at => NodeSettings.Save(_folder, new Dictionary<string, string> { [$"Setting:{at}"] = $"{at}" }));
        Assert.Equal(20, NodeSettings.Read(_folder).Count);
    }

    [Fact]
    public async Task What_was_saved_is_in_force_at_once_though_the_file_is_being_looked_at_too()
    {
        using var configuration = Configured();
        using var ended = new CancellationTokenSource();
        var looking = Enumerable
            .Range(0, 4)
            .Select(_ =>
                Task.Run(
                    () =>
                    {
                        while (!ended.IsCancellationRequested)
                        {
                            configuration.ReloadNodeSettings();
                        }
                    },
                    TestContext.Current.CancellationToken
                )
            )
            .ToList();
        for (var at = 0; at < 200; at++)
        {
            NodeSettings.Save(_folder, new Dictionary<string, string> { ["Site:Name"] = $"{at}" });
            configuration.ReloadNodeSettings();
            Assert.Equal($"{at}", configuration["Site:Name"]);
        }
        await ended.CancelAsync();
        await Task.WhenAll(looking);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private ConfigurationManager Configured(params (string Name, string Value)[] environment)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection([
            new("Data", _folder),
            .. environment.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)),
        ]);
        configuration.AddNodeSettings();
        return configuration;
    }
}
