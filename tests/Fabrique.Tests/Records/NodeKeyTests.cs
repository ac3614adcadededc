using Fabrique.Runner;

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

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("{", "holds no key")]
    [InlineData("null", "holds no key")]
    [InlineData("{\"Node\":\"n1\",\"PrivateKey\":\"-----BEGIN\"}", "holds no key")]
    public void A_spoilt_file_is_named_and_nobody_starts_with_another_key(string content, string told)
    {
        var folder = Directory.CreateTempSubdirectory("fabrique-key-").FullName;
        OwnerFile.Replace(Path.Combine(folder, "node.json"), content);
        var refused = Assert.Throws<InvalidOperationException>(() => NodeKey.OpenOrCreate(folder));
        Assert.Contains("node.json", refused.Message, StringComparison.Ordinal);
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        Assert.Contains("node.json", Assert.Throws<PlainError>(() => NodeFiles.Check(folder)).Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(Path.Combine(folder, "node.json")));
    }

    [Fact]
    public void Databases_without_the_key_of_their_node_are_not_started_on()
    {
        var folder = Directory.CreateTempSubdirectory("fabrique-key-").FullName;
        NodeFiles.Check(folder);
        File.WriteAllText(Path.Combine(folder, "directory.db"), "");
        NodeFiles.Check(folder);
        File.WriteAllText(Path.Combine(folder, "practices.db"), "");
        var refused = Assert.Throws<PlainError>(() => NodeFiles.Check(folder));
        Assert.Contains("practices.db", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("directory.db", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "node.json")));
    }
}
