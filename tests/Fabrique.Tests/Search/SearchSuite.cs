using Microsoft.EntityFrameworkCore;

namespace Fabrique.Tests;

public sealed class SearchOnSqliteTests : SearchSuite
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"fabrique-notes-{Guid.CreateVersion7():n}.db");

    private protected override Task<Notes> CreateAsync() =>
        Notes.CreateAsync(new DbContextOptionsBuilder<NotesDb>().UseSqlite($"Data Source={_file}").Options);
}

public sealed class SearchOnPostgreSqlTests(PostgreSqlServer server) : SearchSuite
{
    private protected override async Task<Notes> CreateAsync() =>
        await Notes.CreateAsync(new DbContextOptionsBuilder<NotesDb>().UseNpgsql(await server.StartForAsync("notes")).Options);
}

/// <summary>
/// The search of the platform for a thing that no service has: with dates and places, not practices. The same on every database.
/// </summary>
public abstract class SearchSuite : IAsyncLifetime
{
    private Notes _notes = null!;

    private protected abstract Task<Notes> CreateAsync();

    public async ValueTask InitializeAsync() => _notes = await CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await _notes.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Dates_narrow_a_list_and_order_it_and_each_facet_counts_what_the_others_leave()
    {
        await _notes.PlaceAsync("here", "north");
        await _notes.PlaceAsync("there", "south");
        await _notes.WriteAsync([
            new Note("d", "there", "walk", 40, "Balade", ""),
            new Note("c", "here", "talk", 30, "Causerie", ""),
            new Note("b", "here", "walk", 20, "Balade", ""),
            new Note("a", "nowhere", "walk", 10, "Balade", ""),
            new Note("hidden", "here", "walk", 20, "Balade", "", IsOpen: false),
        ]);
        var all = await _notes.FindAsync();
        Assert.Equal("a b c d", all.Ids);
        Assert.Equal((4, "walk=3 talk=1 north=2 south=1", "here=2 nowhere=1 there=1"), (all.Total, all.Facets, all.Places));

        var month = await _notes.FindAsync(from: 15, to: 35);
        Assert.Equal("b c", month.Ids);
        Assert.Equal("talk=1 walk=1 north=2", month.Facets);

        var walks = await _notes.FindAsync(kinds: ["walk"], regions: ["north"]);
        Assert.Equal("b", walks.Ids);
        Assert.Equal("talk=1 walk=1 north=1 south=1", walks.Facets);
    }

    [Fact]
    public async Task A_place_that_changes_takes_its_notes_along()
    {
        await _notes.PlaceAsync("here", "north");
        await _notes.WriteAsync([new Note("a", "here", "walk", 1, "Balade", "")]);
        Assert.Equal("a", (await _notes.FindAsync(regions: ["north"])).Ids);
        await _notes.PlaceAsync("here", "south");
        Assert.Empty((await _notes.FindAsync(regions: ["north"])).Ids);
        Assert.Equal("a", (await _notes.FindAsync(regions: ["south"])).Ids);
    }

    [Fact]
    public async Task A_word_of_the_title_counts_for_more_even_where_no_other_part_that_counts_holds_it()
    {
        await _notes.WriteAsync([
            new Note("a", "", "walk", 1, "Le jardin", "Un goéland, des goélands."),
            new Note("b", "", "walk", 2, "Le goéland", ""),
        ]);
        Assert.Equal("b a", (await _notes.FindAsync("goélands")).Ids);
    }

    [Fact]
    public async Task What_is_written_again_is_found_by_what_it_holds_now_and_what_goes_by_nothing()
    {
        await _notes.WriteAsync([new Note("a", "", "walk", 1, "Le canal", ""), new Note("b", "", "walk", 2, "Le canal", "")]);
        Assert.Equal("a b", (await _notes.FindAsync("canal")).Ids);

        await _notes.WriteAsync([new Note("a", "", "walk", 1, "La rivière", "")]);
        await _notes.RemoveAsync("b");
        await _notes.RemoveAsync("was never here");
        Assert.Empty((await _notes.FindAsync("canaux")).Ids);
        Assert.Equal("a", (await _notes.FindAsync("rivières")).Ids);
        Assert.Equal("a", (await _notes.FindAsync()).Ids);

        await _notes.WriteAsync([new Note("b", "", "walk", 2, "Le canal", "")]);
        Assert.Equal("b", (await _notes.FindAsync("canal")).Ids);
        await using var again = _notes.Again();
        Assert.Equal("b", (await again.FindAsync("canal")).Ids);
    }

    [Fact]
    public async Task What_a_failed_transaction_wrote_is_nowhere_and_can_be_written_after()
    {
        await _notes.WriteAsync([new Note("a", "", "walk", 1, "Une tourbière", "")], fails: true);
        Assert.Empty((await _notes.FindAsync("tourbiere")).Ids);
        await _notes.WriteAsync([new Note("a", "", "walk", 1, "Une tourbière", ""), new Note("b", "", "walk", 2, "Un marais", "")]);
        var found = await _notes.FindAsync("tourbeire");
        Assert.Equal(("a", "tourbière"), (found.Ids, found.Understood));
    }

    [Fact]
    public async Task Only_words_of_what_anybody_may_read_are_proposed()
    {
        await _notes.WriteAsync([.. Enumerable.Range(0, 10).Select(day => new Note($"{day}", "", "walk", day, "Compostage", ""))]);
        await _notes.WriteAsync([
            new Note("rare", "", "walk", 10, "Comportage", ""),
            new Note("hidden", "", "walk", 11, "Spéléologie", "", IsOpen: false),
        ]);
        var rare = await _notes.FindAsync("comportage");
        Assert.Equal(("rare", "", "compostage"), (rare.Ids, rare.Understood, rare.DidYouMean));
        var hidden = await _notes.FindAsync("spéléologei");
        Assert.Equal((0, "", ""), (hidden.Total, hidden.Understood, hidden.DidYouMean));
    }

    [Fact]
    public async Task A_long_text_is_searched_to_its_end_and_shown_where_the_words_stand()
    {
        var story = string.Join(' ', Enumerable.Range(0, 20_000).Select(at => $"mot{at}")) + " puis les castors revinrent";
        await _notes.WriteAsync([new Note("long", "", "tale", 1, "Un récit", story)]);
        var found = await _notes.FindAsync("castor");
        Assert.Equal("long", found.Ids);
        var passage = found.Highlights.Passage(story);
        Assert.Equal("castors", passage.Substring(found.Highlights.In(passage).Single().Start, 7));
        Assert.InRange(passage.Length, 20, 250);
        Assert.Equal("", found.Highlights.Passage("Rien de tel ici."));
    }
}
