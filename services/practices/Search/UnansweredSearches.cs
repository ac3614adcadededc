using System.Collections.Concurrent;
using System.Globalization;
using Fabrique.Practices.V1;
using Fabrique.Search;
using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>
/// Words that visitors searched in vain, by day, so that the network learns what is missing. What few searched stays in memory until the
/// day ends and is then forgotten: it may say more about them than about the catalogue.
/// </summary>
internal sealed class UnansweredSearches(IDbContextFactory<PracticesDb> databases, TimeProvider clock)
{
    /// <summary>Searches of the same words on one day before anything is kept; and how many more before the count moves.</summary>
    private const int Step = 5;
    private const int MostWords = 5;
    private const int LongestWord = 30;
    private const int MostInMemory = 10_000;
    private const int MostListed = 200;
    private const int Retention = 366;

    private readonly ConcurrentDictionary<string, int> _today = new();
    private string _day = "";

    public async Task CountAsync(IReadOnlyList<Word> words, CancellationToken cancellation)
    {
        // Numbers are telephones and addresses, and long texts are stories.
        if (words.Count is 0 or > MostWords || words.Any(word => word.Length > LongestWord || !word.Text.All(char.IsLetter)))
        {
            return;
        }
        var day = Day(0);
        if (Interlocked.Exchange(ref _day, day) != day || _today.Count > MostInMemory)
        {
            _today.Clear();
        }
        var text = string.Join(' ', words.Select(word => word.Text).Order(StringComparer.Ordinal));
        if (_today.AddOrUpdate(text, 1, (_, count) => count + 1) % Step == 0)
        {
            await using var db = await databases.CreateDbContextAsync(cancellation);
            await db.Database.ExecuteSqlAsync(
                $"INSERT INTO unanswered_searches (day, words, count) VALUES ({day}, {text}, {Step}) ON CONFLICT (day, words) DO UPDATE SET count = unanswered_searches.count + {Step}",
                cancellation
            );
            var oldest = Day(Retention);
            await db.UnansweredSearches.Where(search => search.Day.CompareTo(oldest) < 0).ExecuteDeleteAsync(cancellation);
        }
    }

    /// <summary>The most asked of the last days.</summary>
    public async Task<ListUnansweredSearchesResponse> ListAsync(int days, CancellationToken cancellation)
    {
        var since = Day(
            days switch
            {
                0 => 30,
                > 0 and <= Retention => days,
                _ => throw Refusal.Invalid("days", $"Demandez de 1 à {Retention} jours."),
            }
        );
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var searches = await db
            .UnansweredSearches.Where(search => search.Day.CompareTo(since) > 0)
            .GroupBy(search => search.Words)
            .Select(search => new
            {
                Words = search.Key,
                Count = search.Sum(row => row.Count),
                Last = search.Max(row => row.Day)!,
            })
            .OrderByDescending(search => search.Count)
            .ThenBy(search => search.Words)
            .Take(MostListed)
            .ToListAsync(cancellation);
        return new ListUnansweredSearchesResponse
        {
            Searches =
            {
                searches.Select(search => new UnansweredSearch
                {
                    Words = search.Words,
                    Count = search.Count,
                    LastDay = DateTime
                        .SpecifyKind(DateTime.ParseExact(search.Last, "yyyy-MM-dd", CultureInfo.InvariantCulture), DateTimeKind.Utc)
                        .ToTimestamp(),
                }),
            },
        };
    }

    private string Day(int ago) => clock.GetUtcNow().UtcDateTime.AddDays(-ago).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
