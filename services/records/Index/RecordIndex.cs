using System.Security.Cryptography;
using System.Text;
using Fabrique.Records.V1;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Records;

/// <summary>The tables that answer a service's queries, in parts, each derived from the records of some kinds.</summary>
public sealed class RecordIndex<TDb>
    where TDb : RecordsDb
{
    private readonly IReadOnlyList<IndexPart> _parts;
    private readonly Dictionary<string, List<IndexPart>> _byKind = [];
    private readonly Lazy<string> _version;

    public RecordIndex(IEnumerable<IndexPart> parts, IServiceProvider services, StoreProvider provider)
    {
        _parts = [.. parts];
        foreach (var part in _parts)
        {
            foreach (var kind in part.Kinds)
            {
                _byKind.TryAdd(kind, []);
                _byKind[kind].Add(part);
            }
        }
        _version = new(() => VersionOf(services, provider));
    }

    /// <summary>
    /// Twelve hexadecimal digits that change with the tables, and with the number of a part: the index is then built again from the
    /// records.
    /// </summary>
    public string Version => _version.Value;

    internal async Task CreateAsync(TDb db, CancellationToken cancellation)
    {
        foreach (var part in _parts)
        {
            await part.CreateAsync(db, cancellation);
        }
    }

    internal async Task ApplyAsync(TDb db, Record record, IMessage? body, bool isNew, CancellationToken cancellation)
    {
        foreach (var part in _byKind.GetValueOrDefault(record.Kind) ?? [])
        {
            await part.ApplyAsync(db, record, body, isNew, cancellation);
        }
    }

    private string VersionOf(IServiceProvider services, StoreProvider provider)
    {
        // The engine that opens the database asks for the version: the model is read without it, from a context that never connects.
        var options = new DbContextOptionsBuilder<TDb>().UseApplicationServiceProvider(services);
        provider.Configure(options);
        using var db = ActivatorUtilities.CreateInstance<TDb>(services, options.Options);
        var text = string.Join('\n', db.Model.GetRelationalModel().Tables.Where(IsDerived).Select(Describe).Order(StringComparer.Ordinal));
        var numbers = string.Join(' ', _parts.Select(part => $"{part.GetType().Name}:{part.Number}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{text}\n{numbers}")).AsSpan(0, 6));
    }

    private static bool IsDerived(ITable table) => table.EntityTypeMappings.All(mapping => !Tables.IsScripted(mapping.TypeBase));

    private static string Describe(ITable table) =>
        $"""
            {table.Name}
            {string.Join(
                ", ",
                table.Columns.OrderBy(column => column.Name, StringComparer.Ordinal).Select(column =>
                    $"{column.Name} {column.StoreType} {column.IsNullable}"
                )
            )}
            {string.Join(", ", table.PrimaryKey?.Columns.Select(column => column.Name) ?? [])}
            {string.Join(
                ", ",
                table.Indexes.OrderBy(index => index.Name, StringComparer.Ordinal).Select(index => $"{index.Name} {index.IsUnique}")
            )}
            """;
}
