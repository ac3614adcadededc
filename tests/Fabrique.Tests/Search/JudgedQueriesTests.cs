using System.Globalization;
using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Search;

namespace Fabrique.Tests;

/// <summary>
/// Queries with their right answers, <c>judged-queries.txt</c>: names of places, words of the trade, obstacles, slips, inclusive writing,
/// quotes.
/// </summary>
public sealed class JudgedQueriesTests(ServiceOnSqlite<PracticesDb> service, DirectoryFixture directory)
    : IClassFixture<ServiceOnSqlite<PracticesDb>>,
        IClassFixture<DirectoryFixture>
{
    private const int First = 3;
    private const double Share = 0.95;
    private const string None = "none";

    private static readonly string[][] Queries = Read();

    [Fact]
    public async Task Nineteen_queries_of_twenty_have_a_right_answer_among_the_first_three_and_no_correction_is_a_word_that_is_none()
    {
        var (practices, wrong, invented) = (
            new PracticeService.PracticeServiceClient(service.Channel),
            new List<string>(),
            new List<string>()
        );
        Assert.True(Queries.Length >= 200);
        foreach (
            var (where, query, right) in Queries.Select(line => (line[0], line[1], line[2].Split(';', StringSplitOptions.TrimEntries)))
        )
        {
            string[] found;
            if (where == "practices")
            {
                var list = await practices.ListPracticesAsync(new() { Query = query, Territory = "62528" });
                // What holds one of the words only is no answer to a query that has none.
                found = right is [None] && list.Help.AnyWord ? [] : [.. list.Practices.Select(practice => practice.Title)];
                invented.AddRange(
                    new[] { list.Help.Understood, list.Help.DidYouMean }
                        .SelectMany(text => FrenchText.Words(text))
                        .Where(word => !Lexicon.Knows(word.Text) && !IsOfLoos(word.Text))
                        .Select(word => $"{query}: {word.Text}")
                );
            }
            else
            {
                found = [.. (await directory.PageAsync(query, limit: First)).Territories.Select(territory => territory.Id)];
            }
            var isRight = right is [None]
                ? found.Length == 0
                : found.Take(First).Any(one => right.Any(start => one.StartsWith(start, StringComparison.Ordinal)));
            if (!isRight)
            {
                wrong.Add($"{where} | {query}: {string.Join(" ; ", found.Take(First).DefaultIfEmpty("nothing"))}");
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', wrong));
        Assert.Empty(invented);
        Assert.True(
            wrong.Count <= (1 - Share) * Queries.Length,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{wrong.Count} of {Queries.Length} have no right answer:\n{string.Join('\n', wrong)}"
            )
        );
    }

    private static string[][] Read()
    {
        using var lines = new StreamReader(typeof(JudgedQueriesTests).Assembly.GetManifestResourceStream("judged-queries.txt")!);
        return
        [
            .. lines
                .ReadToEnd()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(line => !line.StartsWith('#'))
                .Select(line => line.Split('|', StringSplitOptions.TrimEntries)),
        ];
    }

    // Names of its own that its practices hold.
    private static bool IsOfLoos(string word) => word is "gohelliades" or "ménadel" or "lumiwatt" or "réhafutur" or "skatepark";
}
