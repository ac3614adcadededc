using Fabrique.Territories;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabrique.Tests;

public sealed class DirectoryFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("directory").FullName;

    private string Database => Path.Combine(_folder, "directory.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<OfficialDirectory> OpenAsync() =>
        await OfficialDirectory.OpenAsync(_folder, demonstration: false, NullLogger.Instance, TestContext.Current.CancellationToken);

    [Fact]
    public async Task Openers_that_start_together_all_get_a_whole_directory()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(OpenAsync)));

        Assert.All(opened, directory => Assert.Equal("Loos-en-Gohelle", directory.Find("62528")!.Name));
        Assert.Equal(["directory.db", "directory.db.lock"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task The_file_is_kept_from_one_start_to_the_next()
    {
        await OpenAsync();
        var written = File.GetLastWriteTimeUtc(Database);
        await OpenAsync();

        Assert.Equal(written, File.GetLastWriteTimeUtc(Database));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a database, but long enough to be read as the header of one, which takes a hundred characters or more")]
    public async Task A_damaged_file_and_a_build_cut_short_are_replaced(string left)
    {
        await File.WriteAllTextAsync(Database, left, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Database + ".tmp", left, TestContext.Current.CancellationToken);

        Assert.NotNull((await OpenAsync()).Find("62528"));
    }

    [Fact]
    public async Task A_file_made_from_other_data_is_replaced()
    {
        await OpenAsync();
        await using (var connection = new SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "UPDATE built_from SET fingerprint = 'older'; DELETE FROM code";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        Assert.NotNull((await OpenAsync()).Find("62528"));
    }
}
