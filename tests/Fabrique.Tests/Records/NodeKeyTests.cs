namespace Fabrique.Tests;

public sealed class NodeKeyTests
{
    [Fact]
    public void The_key_is_readable_by_its_owner_only_and_stays_the_same()
    {
        var folder = Directory.CreateTempSubdirectory("fabrique-key-").FullName;
        using var made = NodeKey.OpenOrCreate(folder);
        using var opened = NodeKey.OpenOrCreate(folder);
        Assert.Equal((made.Node, made.KeyId), (opened.Node, opened.KeyId));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "node.json")));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_key_that_others_can_read_is_not_used()
    {
        var folder = Directory.CreateTempSubdirectory("fabrique-key-").FullName;
        NodeKey.OpenOrCreate(folder).Dispose();
        File.SetUnixFileMode(Path.Combine(folder, "node.json"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var refused = Assert.Throws<InvalidOperationException>(() => NodeKey.OpenOrCreate(folder));
        Assert.Contains("chmod 600", refused.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Processes_that_start_together_agree_on_one_key()
    {
        var folder = Directory.CreateTempSubdirectory("fabrique-key-").FullName;
        for (var round = 0; round < 20; round++)
        {
            var nodes = await Task.WhenAll(
                Enumerable
                    .Range(0, 16)
                    .Select(_ =>
                        Task.Run(() =>
                        {
                            using var key = NodeKey.OpenOrCreate(folder);
                            return key.Node + key.KeyId;
                        })
                    )
            );
            Assert.Single(nodes.Distinct());
            Assert.Equal(["node.json", "node.lock"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
            File.Delete(Path.Combine(folder, "node.json"));
        }
        Directory.Delete(folder, recursive: true);
    }
}
