using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Practices;

/// <summary>What the catalogue derives from practices, and from the profiles of the territories that own them.</summary>
internal sealed class PracticeIndex(Registry registry) : RecordIndex<PracticesDb>
{
    public const string Theme = "theme";
    public const string Principle = "principle";

    public override string Version => "1";

    public override async Task CreateAsync(PracticesDb db, CancellationToken cancellation)
    {
        if (db.Database.IsNpgsql())
        {
            await db.Database.ExecuteSqlRawAsync("CREATE TABLE practice_text (id TEXT PRIMARY KEY, terms TSVECTOR NOT NULL)", cancellation);
            await db.Database.ExecuteSqlRawAsync("CREATE INDEX practice_text_terms ON practice_text USING gin (terms)", cancellation);
            return;
        }
        await db.Database.ExecuteSqlRawAsync("CREATE VIRTUAL TABLE practice_text USING fts5(id UNINDEXED, title, summary, body)", cancellation);
        // A word of the title says more about a practice than one somewhere in its text.
        await db.Database.ExecuteSqlRawAsync("INSERT INTO practice_text (practice_text, rank) VALUES ('rank', 'bm25(0, 10, 4, 1)')", cancellation);
    }

    public override async Task ApplyAsync(PracticesDb db, Record record, IMessage? body, bool isNew, CancellationToken cancellation)
    {
        if (record.Kind == RecordKinds.KindOf<Practice>())
        {
            if (!isNew)
            {
                await RemoveAsync(db, record.Id, cancellation);
            }
            // Lists are for anybody, or for the territory at its home: what only the network may see has no reader here yet.
            if (body is Practice practice && (record.Visibility == Visibility.Public || record.Home == registry.Node))
            {
                await AddAsync(db, record, practice, cancellation);
            }
        }
        else if (record.Kind == RecordKinds.KindOf<Profile>())
        {
            await db.Territories.Where(territory => territory.Id == record.Id).ExecuteDeleteAsync(cancellation);
            if (body is Profile profile)
            {
                db.Territories.Add(new TerritoryRow { Id = record.Id, Name = profile.Name, Department = profile.Department, Region = profile.Region });
            }
        }
    }

    private static async Task RemoveAsync(PracticesDb db, string id, CancellationToken cancellation)
    {
        await db.Practices.Where(practice => practice.Id == id).ExecuteDeleteAsync(cancellation);
        await db.Codes.Where(code => code.PracticeId == id).ExecuteDeleteAsync(cancellation);
        await db.Database.ExecuteSqlAsync(
            db.Database.IsNpgsql() ? $"DELETE FROM practice_text WHERE id = {id}" : (FormattableString)$"DELETE FROM practice_text WHERE rowid = {TextRow(id)}", cancellation);
    }

    private async Task AddAsync(PracticesDb db, Record record, Practice practice, CancellationToken cancellation)
    {
        db.Practices.Add(new PracticeRow
        {
            Id = record.Id,
            Territory = record.Territory,
            Status = practice.Status,
            Maturity = practice.Maturity,
            ChangedAt = record.ChangedAt.ToDateTimeOffset().ToUnixTimeMilliseconds(),
            Card = Card(record, practice).ToByteArray(),
        });
        db.Codes.AddRange(Codes(Theme, practice.Themes).Concat(Codes(Principle, practice.Principles)));

        var (title, summary, text) = (Terms(practice.Title), Terms(practice.Summary), Terms(
            practice.Context, practice.Approach, practice.Difficulties, practice.SuccessConditions, practice.NotTransferable, practice.FirstStep,
            practice.Lessons, string.Join(' ', practice.Effects.Select(effect => effect.Text)), string.Join(' ', practice.Figures.Select(figure => figure.Label)),
            string.Join(' ', practice.Themes.Select(theme => Vocabulary.Theme.FrenchLabel(theme)))));
        await db.Database.ExecuteSqlAsync(
            db.Database.IsNpgsql()
                ? $"""
                   INSERT INTO practice_text (id, terms) VALUES ({record.Id}, setweight(to_tsvector('simple', {title}), 'A')
                     || setweight(to_tsvector('simple', {summary}), 'B') || to_tsvector('simple', {text}))
                   """
                : (FormattableString)$"INSERT INTO practice_text (rowid, id, title, summary, body) VALUES ({TextRow(record.Id)}, {record.Id}, {title}, {summary}, {text})",
            cancellation);

        IEnumerable<PracticeCode> Codes(string facet, IEnumerable<string> codes) =>
            codes.Distinct().Select(code => new PracticeCode { PracticeId = record.Id, Facet = facet, Code = code });
    }

    /// <summary>A practice as lists show it: without its long texts.</summary>
    private Practice Card(Record record, Practice practice) => new()
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
        Record = registry.Info(record),
    };

    /// <summary>A full-text table finds a row by its number only, and scans for anything else.</summary>
    private static long TextRow(string id) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id))) & long.MaxValue;

    private static string Terms(params IEnumerable<string> texts) => string.Join(' ', FrenchText.Terms(string.Join('\n', texts)));
}
