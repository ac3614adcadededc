using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>A practice whose text was written again, or went.</summary>
/// <param name="Stamp">Of the change.</param>
/// <param name="Number">Of the practice.</param>
/// <param name="Lexemes">What its text holds now.</param>
internal sealed record TextChange(long Stamp, int Number, IReadOnlySet<string> Lexemes);

/// <summary>
/// Which practices hold a lexeme: asked of the full text of the database the first time, then kept up to date by the changes, since a common
/// word is in most texts and a write changes one.
/// </summary>
internal sealed class Postings
{
    /// <summary>Numbers kept in all: 32 MB.</summary>
    private const long Most = 8_000_000;
    private const int MostChanges = 1_000;

    private readonly ConcurrentDictionary<string, Known> _known = new();
    private volatile Changes _changes = new(0, []);
    private long _kept;

    /// <summary>Takes note of changes; null for more than one wants to follow, after which everything is asked again.</summary>
    /// <param name="stamp">The greatest stamp there is now.</param>
    /// <param name="changes">In the order of their stamps.</param>
    public void Follow(long stamp, IReadOnlyCollection<TextChange>? changes) =>
        _changes =
            changes is null ? new Changes(stamp, [])
            : _changes.All.Count + changes.Count <= MostChanges ? _changes with { All = _changes.All.AddRange(changes) }
            : new Changes(stamp, []);

    /// <summary>The numbers of the practices, in no particular order.</summary>
    /// <param name="db">Asked when the answer is not known; its connection stays open.</param>
    /// <param name="lexeme">As <see cref="PracticeText"/> gives it: letters, digits and "_" only.</param>
    /// <param name="stamp">The greatest stamp that the answer must know of.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask<int[]> OfAsync(PracticesDb db, string lexeme, long stamp, CancellationToken cancellation)
    {
        var (changes, known) = (_changes, _known.GetValueOrDefault(lexeme));
        if (known is not null && known.Stamp >= stamp)
        {
            return known.Numbers;
        }
        var followed = known is not null && known.Stamp >= changes.Since;
        var numbers = followed ? Changed(known!, lexeme, changes) : await AskAsync(db, lexeme, cancellation);
        if (Interlocked.Add(ref _kept, numbers.Length - (known?.Numbers.Length ?? -16)) > Most)
        {
            _known.Clear();
            _kept = numbers.Length;
        }
        _known[lexeme] = new Known(stamp, numbers);
        return numbers;
    }

    private static int[] Changed(Known known, string lexeme, Changes changes)
    {
        // The last word on each practice; one that the answer knew already changes nothing.
        var latest = changes
            .All.Where(change => change.Stamp > known.Stamp)
            .GroupBy(change => change.Number)
            .ToDictionary(texts => texts.Key, texts => texts.Last().Lexemes);
        var holds = latest.Where(change => change.Value.Contains(lexeme)).Select(change => change.Key).ToHashSet();
        var before = known.Numbers.Count(latest.ContainsKey);
        return before == 0 && holds.Count == 0 ? known.Numbers : [.. known.Numbers.Where(number => !latest.ContainsKey(number)), .. holds];
    }

    private static async Task<int[]> AskAsync(PracticesDb db, string lexeme, CancellationToken cancellation)
    {
        await db.Database.OpenConnectionAsync(cancellation);
        await using var command = db.Database.GetDbConnection().CreateCommand();
        // Joined with the term, so that the planner does not know it: for a common one it would read every text rather than the index.
        command.CommandText = db.Database.IsNpgsql()
            ? "SELECT array_agg(id) FROM unnest(ARRAY[@term::tsquery]) AS asked JOIN practice_text ON terms @@ asked"
            : "SELECT group_concat(rowid) FROM practice_text WHERE practice_text MATCH @term";
        var term = command.CreateParameter();
        (term.ParameterName, term.Value) = ("term", db.Database.IsNpgsql() ? $"'{lexeme}'" : $"\"{lexeme}\"");
        command.Parameters.Add(term);
        return await command.ExecuteScalarAsync(cancellation) switch
        {
            int[] numbers => numbers,
            string text => Numbers(text),
            _ => [],
        };
    }

    /// <summary>"12,7,30": one text is read faster than as many rows.</summary>
    private static int[] Numbers(ReadOnlySpan<char> text)
    {
        var numbers = new int[text.Count(',') + 1];
        var at = 0;
        foreach (var part in text.Split(','))
        {
            numbers[at++] = int.Parse(text[part], NumberStyles.None, CultureInfo.InvariantCulture);
        }
        return numbers;
    }

    private sealed record Known(long Stamp, int[] Numbers);

    /// <param name="Since">What was known at this stamp can be brought up to date.</param>
    /// <param name="All">In the order of their stamps.</param>
    private sealed record Changes(long Since, ImmutableList<TextChange> All);
}
