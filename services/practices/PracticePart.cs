using System.Collections.Concurrent;
using System.Text.Json;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>What the catalogue derives from practices: cards, facets, full text.</summary>
internal sealed class PracticePart(Registry registry) : IndexPart<PracticesDb, Practice>
{
    // Words that are in the database for sure: most texts add none.
    private readonly ConcurrentDictionary<string, bool> _words = new();

    public override int Number => 1;

    public override void Configure(ModelBuilder model)
    {
        model.Entity<PracticeRow>(row =>
        {
            row.ToTable("practices").HasKey(practice => practice.Id);
            row.HasIndex(practice => practice.Number).IsUnique();
            row.HasIndex(practice => practice.Stamp);
        });
        model.Entity<WordRow>(row =>
        {
            row.ToTable("practice_words").HasKey(word => word.Word);
            row.HasIndex(word => word.Stamp);
        });
    }

    protected override async Task CreateAsync(PracticesDb db, CancellationToken cancellation)
    {
        if (db.Database.IsNpgsql())
        {
            await db.Database.ExecuteSqlRawAsync(
                "CREATE TABLE practice_text (id INTEGER PRIMARY KEY, terms TSVECTOR NOT NULL)",
                cancellation
            );
            // Searches read the number beside the terms, never the terms: those are kept out of the way.
            await db.Database.ExecuteSqlRawAsync(
                "ALTER TABLE practice_text ALTER COLUMN terms SET STORAGE EXTERNAL, SET (toast_tuple_target = 128)",
                cancellation
            );
            await db.Database.ExecuteSqlRawAsync("CREATE INDEX practice_text_terms ON practice_text USING gin (terms)", cancellation);
            return;
        }
        await db.Database.ExecuteSqlRawAsync(
            """CREATE VIRTUAL TABLE practice_text USING fts5(id UNINDEXED, terms, detail = none, columnsize = 0, tokenize = "ascii tokenchars '_'")""",
            cancellation
        );
    }

    protected override async Task ApplyAsync(PracticesDb db, Record record, Practice? body, bool isNew, CancellationToken cancellation)
    {
        // Lists are for anybody, for the delegates of the network, or for the territory at its home.
        var practice = record.Visibility > Visibility.Private || record.Home == registry.Node ? body : null;
        await ApplyAsync(db, record, practice, isNew ? null : await db.Practices.FindAsync([record.Id], cancellation), cancellation);
    }

    private async Task ApplyAsync(PracticesDb db, Record record, Practice? practice, PracticeRow? row, CancellationToken cancellation)
    {
        if (row is { Status: not PracticeStatus.Unspecified })
        {
            await db.Database.ExecuteSqlAsync(
                db.Database.IsNpgsql()
                    ? $"DELETE FROM practice_text WHERE id = {row.Number}"
                    : (FormattableString)$"DELETE FROM practice_text WHERE rowid = {row.Number}",
                cancellation
            );
        }
        if (practice is null && row is null)
        {
            return;
        }
        row ??= db.Practices.Add(new PracticeRow { Id = record.Id, Number = await db.NextNumberAsync(cancellation) }).Entity;
        row.Stamp = await db.NextStampAsync(cancellation);
        row.Territory = record.Territory;
        row.Status = practice?.Status ?? PracticeStatus.Unspecified;
        row.ChangedAt = record.ChangedAt.ToDateTimeOffset().ToUnixTimeMilliseconds();
        row.Title = FrenchText.Fold(practice?.Title ?? "");
        row.AdaptedFrom = practice?.AdaptedFrom ?? "";
        row.Codes = practice is null ? "" : string.Join('\n', Facets.Of(practice).Distinct());
        row.Card = practice is null ? [] : Card(record, practice).ToByteArray();
        if (practice is not null)
        {
            var text = new PracticeText(practice);
            await AddTextAsync(db, row.Number, record.Id, text.Lexemes, cancellation);
            if (practice.Status == PracticeStatus.Published)
            {
                await AddWordsAsync(db, row.Stamp, [.. text.Words.Where(word => !_words.ContainsKey(word))], cancellation);
            }
        }
    }

    private static Task<int> AddTextAsync(PracticesDb db, int number, string id, string[] lexemes, CancellationToken cancellation) =>
        db.Database.ExecuteSqlAsync(
            db.Database.IsNpgsql()
                ? $"INSERT INTO practice_text (id, terms) VALUES ({number}, array_to_tsvector({lexemes}))"
                : (FormattableString)$"INSERT INTO practice_text (rowid, id, terms) VALUES ({number}, {id}, {string.Join(' ', lexemes)})",
            cancellation
        );

    private async Task AddWordsAsync(PracticesDb db, long stamp, string[] words, CancellationToken cancellation)
    {
        if (words.Length == 0)
        {
            return;
        }
        var added = await db
            .Database.SqlQuery<string>(
                db.Database.IsNpgsql()
                    ? $"""INSERT INTO practice_words ("Word", "Stamp") SELECT word, {stamp} FROM unnest({words}) AS word ON CONFLICT DO NOTHING RETURNING "Word" AS "Value" """
                    : (FormattableString)
                        $"""INSERT INTO practice_words ("Word", "Stamp") SELECT value, {stamp} FROM json_each({JsonSerializer.Serialize(words)}) WHERE true ON CONFLICT DO NOTHING RETURNING "Word" AS "Value" """
            )
            .ToListAsync(cancellation);
        // This transaction may fail: only what an earlier one added is there for sure.
        db.NewWords.UnionWith(added);
        foreach (var word in words.Where(word => !db.NewWords.Contains(word)))
        {
            _words[word] = true;
        }
    }

    /// <summary>A practice as lists show it: without its long texts.</summary>
    private Practice Card(Record record, Practice practice) =>
        new()
        {
            Id = record.Id,
            Territory = record.Territory,
            Status = practice.Status,
            Language = practice.Language,
            Title = practice.Title,
            Summary = practice.Summary,
            Themes = { practice.Themes },
            Principles = { practice.Principles },
            Maturity = practice.Maturity,
            StartedOn = practice.StartedOn,
            ReviewDueOn = practice.ReviewDueOn,
            AdaptedFrom = practice.AdaptedFrom,
            Licence = practice.Licence,
            Record = registry.Info(record),
        };
}
