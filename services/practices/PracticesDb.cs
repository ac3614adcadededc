using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Search;
using Fabrique.Storage;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>The index of the catalogue: what its searches and facets need, derived from records.</summary>
public sealed class PracticesDb(DbContextOptions<PracticesDb> options) : RecordsDb(options)
{
    internal DbSet<PracticeRow> Practices => Set<PracticeRow>();
    internal DbSet<TerritoryRow> Territories => Set<TerritoryRow>();
    internal DbSet<UnansweredSearchRow> UnansweredSearches => Set<UnansweredSearchRow>();
    internal DbSet<ReportRow> Reports => Set<ReportRow>();
    internal DbSet<CommentRow> Comments => Set<CommentRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        // No record tells what is in these.
        modelBuilder.HasScripted<UnansweredSearchRow>("unanswered_searches").HasKey(search => new { search.Day, search.Words });
        modelBuilder.HasScripted<ReportRow>("practice_reports").HasKey(report => report.Id);
        modelBuilder.HasScripted<CommentRow>("practice_comments").HasKey(comment => comment.Id);
    }
}

internal sealed class PracticeRow : SearchedRow
{
    public string Territory { get; set; } = "";

    /// <summary>Name of the territory, as it is in the full text.</summary>
    public string Town { get; set; } = "";

    /// <summary>Unspecified for a practice that is not here any more.</summary>
    public PracticeStatus Status { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public long ChangedAt { get; set; }

    /// <summary>Without accents and capitals: its place in the alphabet.</summary>
    public string Title { get; set; } = "";
    public string AdaptedFrom { get; set; } = "";

    /// <summary>The practice without its long texts, as lists answer it.</summary>
    public byte[] Card { get; set; } = [];

    public override bool HasText => Status != PracticeStatus.Unspecified;
}

internal sealed class UnansweredSearchRow
{
    public required string Day { get; init; }
    public required string Words { get; init; }
    public int Count { get; init; }
}
