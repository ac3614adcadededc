using Fabrique.Practices.V1;
using Fabrique.Records;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>The index of the catalogue: what its searches and facets need, derived from records.</summary>
public sealed class PracticesDb(DbContextOptions<PracticesDb> options) : RecordsDb(options)
{
    internal DbSet<PracticeRow> Practices => Set<PracticeRow>();
    internal DbSet<PracticeCode> Codes => Set<PracticeCode>();
    internal DbSet<TerritoryRow> Territories => Set<TerritoryRow>();

    /// <summary>The practices that hold the terms, with how well they answer: the lower the rank the better.</summary>
    /// <param name="terms">Words as <see cref="FrenchText"/> gives them: letters and digits only.</param>
    /// <param name="all">Every term, rather than any of them.</param>
    internal IQueryable<PracticeText> Search(IEnumerable<string> terms, bool all)
    {
        if (Database.IsNpgsql())
        {
            var query = string.Join(all ? " & " : " | ", terms);
            return Set<PracticeText>().FromSql(
                $"SELECT id AS \"Id\", -ts_rank('{{0.1, 0.1, 0.4, 1}}', terms, query)::float8 AS \"Rank\" FROM practice_text, to_tsquery('simple', {query}) AS query WHERE terms @@ query");
        }
        var match = string.Join(all ? " AND " : " OR ", terms.Select(term => $"\"{term}\""));
        return Set<PracticeText>().FromSql($"SELECT id AS Id, rank AS Rank FROM practice_text WHERE practice_text MATCH {match}");
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<PracticeRow>(row =>
        {
            row.ToTable("practices").HasKey(practice => practice.Id);
            row.HasIndex(practice => new { practice.Status, practice.ChangedAt, practice.Id });
            row.HasIndex(practice => new { practice.Territory, practice.Status });
        });
        modelBuilder.Entity<PracticeCode>(row =>
        {
            row.ToTable("practice_codes").HasKey(code => new { code.PracticeId, code.Facet, code.Code });
            row.HasIndex(code => new { code.Facet, code.Code });
        });
        modelBuilder.Entity<TerritoryRow>().ToTable("territories").HasKey(territory => territory.Id);
        // The table is made by PracticeIndex, in the way of each database.
        modelBuilder.Entity<PracticeText>().HasNoKey().ToView(null);
    }
}

internal sealed class PracticeRow
{
    public required string Id { get; init; }
    public required string Territory { get; set; }
    public PracticeStatus Status { get; set; }
    public required string Maturity { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public long ChangedAt { get; set; }

    /// <summary>The practice without its long texts, as lists answer it.</summary>
    public required byte[] Card { get; set; }
}

internal sealed class PracticeCode
{
    public required string PracticeId { get; init; }
    public required string Facet { get; init; }
    public required string Code { get; init; }
}

internal sealed class TerritoryRow
{
    public required string Id { get; init; }
    public required string Name { get; set; }
    public required string Department { get; set; }
    public required string Region { get; set; }
}

internal sealed class PracticeText
{
    public required string Id { get; init; }
    public double Rank { get; init; }
}
