using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fabrique.Tests;

/// <summary>What becomes of shipped practices when a release corrects its files, and when their town has written since.</summary>
public sealed class ShippedPracticesTests(ServiceOnSqlite<PracticesDb> service) : IClassFixture<ServiceOnSqlite<PracticesDb>>
{
    private RecordStore<PracticesDb> Records => service.Services.GetRequiredService<RecordStore<PracticesDb>>();

    [Fact]
    public async Task A_start_with_the_same_files_writes_nothing()
    {
        var before = await FindAsync(0);
        await StartAgainAsync();
        Assert.Equal(before.Info.Version, (await FindAsync(0)).Info.Version);
    }

    [Fact]
    public async Task A_release_that_corrects_a_file_corrects_the_record_and_does_so_once()
    {
        // As a release before this one shipped it.
        var earlier = await WriteAsync(1, "corrected", practice => practice.Title = "Un titre inexact");
        await StartAgainAsync();
        await StartAgainAsync();

        var corrected = await FindAsync(1);
        Assert.Equal((earlier.Info.Version + 1, "corrected"), (corrected.Info.Version, corrected.Info.Change));
        Assert.Equal(ShippedDataTests.Shipped[1].Title, corrected.Body.Title);
        Assert.Equal(earlier.Body.ReviewDueOn, corrected.Body.ReviewDueOn);
    }

    [Fact]
    public async Task What_the_town_wrote_since_is_left_alone()
    {
        var revised = await WriteAsync(2, "revised", practice => practice.Title = "Le titre que la commune préfère");
        await StartAgainAsync();
        Assert.Equal(revised, await FindAsync(2));
    }

    [Fact]
    public async Task What_was_erased_stays_so()
    {
        await Records.DeleteAsync<Practice>(Id(3), writing => writing.Current!.Body.Territory, null, CancellationToken.None);
        await StartAgainAsync();
        Assert.Null(await Records.FindAsync<Practice>(Id(3), CancellationToken.None));
    }

    private static string Id(int at) => ShippedDataTests.Shipped[at].Id;

    private async Task<Versioned<Practice>> FindAsync(int at) => (await Records.FindAsync<Practice>(Id(at), CancellationToken.None))!;

    private Task<Versioned<Practice>> WriteAsync(int at, string word, Action<Practice> edit) =>
        Records.WriteAsync<Practice>(
            Id(at),
            current =>
            {
                var edited = current!.Body.Clone();
                edit(edited);
                return Kinds.Practice.Change(word, edited);
            },
            CancellationToken.None
        );

    private Task StartAgainAsync() =>
        service.Services.GetServices<IHostedService>().OfType<ShippedPractices>().Single().StartAsync(CancellationToken.None);
}
