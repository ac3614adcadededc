using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Storage;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>The index of the catalogue: what its searches and facets need, derived from records.</summary>
public sealed class PracticesDb(DbContextOptions<PracticesDb> options) : RecordsDb(options)
{
    private int _lastNumber;
    private long _lastStamp;

    internal DbSet<PracticeRow> Practices => Set<PracticeRow>();
    internal DbSet<WordRow> Words => Set<WordRow>();
    internal DbSet<TerritoryRow> Territories => Set<TerritoryRow>();
    internal DbSet<UnansweredSearchRow> UnansweredSearches => Set<UnansweredSearchRow>();
    internal DbSet<ReportRow> Reports => Set<ReportRow>();
    internal DbSet<CommentRow> Comments => Set<CommentRow>();

    /// <summary>Words that this context has added and not yet committed.</summary>
    internal HashSet<string> NewWords { get; } = [];

    /// <summary>Inside a write: the number of a practice that had none.</summary>
    internal async Task<int> NextNumberAsync(CancellationToken cancellation) =>
        _lastNumber = (_lastNumber > 0 ? _lastNumber : await Practices.MaxAsync(row => (int?)row.Number, cancellation) ?? 0) + 1;

    /// <summary>Inside a write: greater than every stamp that a practice was given. Writes come one after the other, so a reader that has seen a stamp has seen all before it.</summary>
    internal async Task<long> NextStampAsync(CancellationToken cancellation)
    {
        _lastStamp = _lastStamp > 0 ? _lastStamp : await Practices.MaxAsync(row => (long?)row.Stamp, cancellation) ?? 0;
        return ++_lastStamp;
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        // No record tells what is in these.
        modelBuilder.HasScripted<UnansweredSearchRow>("unanswered_searches").HasKey(search => new { search.Day, search.Words });
        modelBuilder.HasScripted<ReportRow>("practice_reports").HasKey(report => report.Id);
        modelBuilder.HasScripted<CommentRow>("practice_comments").HasKey(comment => comment.Id);
    }
}

internal sealed class PracticeRow
{
    public required string Id { get; init; }

    /// <summary>1, 2, 3… without gaps: its row in the full text, and its place in memory. Kept when the practice goes and comes back.</summary>
    public int Number { get; init; }

    /// <summary>Grows with every change of a row, so that a copy in memory knows what it has not seen.</summary>
    public long Stamp { get; set; }
    public string Territory { get; set; } = "";

    /// <summary>Unspecified for a practice that is not here any more.</summary>
    public PracticeStatus Status { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public long ChangedAt { get; set; }

    /// <summary>Without accents and capitals: its place in the alphabet.</summary>
    public string Title { get; set; } = "";
    public string AdaptedFrom { get; set; } = "";

    /// <summary>"theme:ENER", "maturity:EPROUVEE"…, a line each.</summary>
    public string Codes { get; set; } = "";

    /// <summary>The practice without its long texts, as lists answer it.</summary>
    public byte[] Card { get; set; } = [];
}

/// <summary>A word that practices use, as it is written: what a misspelt one may have meant.</summary>
internal sealed class WordRow
{
    public required string Word { get; init; }
    public long Stamp { get; init; }
}

internal sealed class UnansweredSearchRow
{
    public required string Day { get; init; }
    public required string Words { get; init; }
    public int Count { get; init; }
}
