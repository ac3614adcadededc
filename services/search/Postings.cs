using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Search;

/// <summary>A document whose text was written again, or went.</summary>
/// <param name="Stamp">Of the change.</param>
/// <param name="Number">Of the document.</param>
/// <param name="Lexemes">What its text holds now; empty for one that went.</param>
internal sealed record TextChange(long Stamp, int Number, IReadOnlySet<string> Lexemes);

/// <summary>
/// Which documents hold a lexeme: asked of the full text of the database the first time, then kept up to date by the changes, since a
/// common word is in most texts and a write changes one.
/// </summary>
internal sealed class Postings(TextTable table)
{
    /// <summary>Numbers kept in all: 32 MB.</summary>
    private const long MaxCachedNumbers = 8_000_000;

    /// <summary>About what a cached lexeme costs besides its numbers, as so many of them.</summary>
    private const int EntryCost = 16;
    private const int MaxChanges = 1_000;

    private readonly ConcurrentDictionary<string, Known> _known = new();
    private volatile Changes _changes = new(0, []);
    private long _cached;

    /// <summary>Takes note of changes.</summary>
    /// <param name="stamp">The greatest stamp there is now.</param>
    /// <param name="changes">In the order of their stamps; null when they are not known: everything is then asked again.</param>
    public void Follow(long stamp, IReadOnlyCollection<TextChange>? changes)
    {
        var all = _changes.All;
        _changes =
            changes is null || all.Count + changes.Count > MaxChanges
                ? new Changes(stamp, [])
                : _changes with
                {
                    All = all.AddRange(changes),
                };
    }

    /// <summary>The numbers of the documents that hold a lexeme, in no particular order.</summary>
    /// <param name="db">Asked when the answer is not known; its connection stays open.</param>
    /// <param name="lexeme">Letters, digits and "_" only.</param>
    /// <param name="stamp">The greatest stamp that the answer must know of.</param>
    public async ValueTask<int[]> OfAsync(DbContext db, string lexeme, long stamp, CancellationToken cancellation)
    {
        var changes = _changes;
        var known = _known.GetValueOrDefault(lexeme);
        if (known is not null && known.Stamp >= stamp)
        {
            return known.Numbers;
        }
        var numbers =
            known is not null && known.Stamp >= changes.Since
                ? Changed(known, lexeme, changes)
                : await table.HoldingAsync(db, lexeme, cancellation);
        var growth = known is null ? numbers.Length + EntryCost : numbers.Length - known.Numbers.Length;
        if (Interlocked.Add(ref _cached, growth) > MaxCachedNumbers)
        {
            _known.Clear();
            _cached = numbers.Length;
        }
        _known[lexeme] = new Known(stamp, numbers);
        return numbers;
    }

    private static int[] Changed(Known known, string lexeme, Changes changes)
    {
        // The last change of each document; one that the answer knew already changes nothing.
        var latest = changes
            .All.Where(change => change.Stamp > known.Stamp)
            .GroupBy(change => change.Number)
            .ToDictionary(texts => texts.Key, texts => texts.Last().Lexemes);
        var holding = latest.Where(change => change.Value.Contains(lexeme)).Select(change => change.Key).ToHashSet();
        var isSame = holding.Count == 0 && !known.Numbers.Any(latest.ContainsKey);
        return isSame ? known.Numbers : [.. known.Numbers.Where(number => !latest.ContainsKey(number)), .. holding];
    }

    private sealed record Known(long Stamp, int[] Numbers);

    /// <param name="Since">What was known at this stamp can be brought up to date.</param>
    /// <param name="All">In the order of their stamps.</param>
    private sealed record Changes(long Since, ImmutableList<TextChange> All);
}
