using System.Globalization;
using Fabrique.Territories.V1;
using Microsoft.Data.Sqlite;

namespace Fabrique.Territories;

/// <summary>
/// The official directory: every commune, grouping with its own taxation, EPT, département and region of France, read-only, searchable
/// by name, postcode, INSEE code or SIREN. What it holds and where that comes from: docs/data.md. Safe for concurrent use.
/// </summary>
internal sealed class OfficialDirectory
{
    private readonly string _connectionString;
    private readonly Func<string, IEnumerable<string>> _sources;
    private readonly bool _hasInvented;
    private readonly Lazy<IReadOnlyList<DirectoryEntry>> _entries;

    private OfficialDirectory(string path, bool demonstration, Func<string, IEnumerable<string>> sources)
    {
        _hasInvented = demonstration;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly }.ToString();
        _sources = sources;
        _entries = new(ReadEntries);
    }

    /// <summary>
    /// A stretch of the territories found, how many were found in all, whether their names are only near to the query, and the code by
    /// which they were found, null when it was by a name; and how many of all were invented.
    /// </summary>
    public sealed record Page(IReadOnlyList<Territory> Territories, int Total, bool IsNear = false, string? Code = null, int Invented = 0);

    /// <summary>Every territory in short, the most populated first, kept in memory from the first use on.</summary>
    public IReadOnlyList<DirectoryEntry> Entries => _entries.Value;

    /// <summary>
    /// Opens the directory in the data folder, and first builds it there (a second or two) when this version has not done so yet.
    /// </summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="demonstration">Whether territories that were invented are in it too. See <see cref="Fictional"/>.</param>
    /// <param name="logger">Is told when it is built.</param>
    /// <param name="cancellationToken">Gives up waiting for another process that builds it.</param>
    public static async Task<OfficialDirectory> OpenAsync(
        string folder,
        bool demonstration,
        ILogger logger,
        CancellationToken cancellationToken
    ) =>
        new(
            await OfficialDirectoryFile.EnsureAsync(folder, demonstration, logger, cancellationToken),
            demonstration,
            OfficialDirectoryTables.ReadSources()
        );

    /// <summary>
    /// Finds territories, best first: exact name, then a name that starts with the query, then the words anywhere in the name, then those
    /// found by a former name or with the help of their département or postcode ("saint-denis 93"); among equals the most populated first.
    /// A blank query finds everything: the communes, then the rest, the most populated first. Ties are broken by id, so pages never
    /// overlap. When nothing at all has such a name, the territories whose names are spelled nearly so are found, the nearest first.
    /// </summary>
    /// <param name="search">What is looked for.</param>
    /// <param name="offset">How many of the territories found to skip.</param>
    /// <param name="limit">How many to return at most.</param>
    /// <param name="cancellationToken">Stops between two rows.</param>
    public async Task<Page> SearchAsync(DirectorySearch search, int offset, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        await using var connection = Connect();
        await using var command = connection.CreateCommand();
        var (reading, filters, total) = await Reading.OfAsync(search, () => Entries, command, cancellationToken);
        command.CommandText = $"""
            SELECT message FROM (
                SELECT t.position, {reading.Order} AS place FROM territory AS t WHERE {reading.Match
                + filters} ORDER BY place, t.position LIMIT $limit OFFSET $offset)
            JOIN body USING (position) ORDER BY place, position
            """;
        command.Parameters.AddWithValue("$limit", limit);
        command.Parameters.AddWithValue("$offset", offset);
        var territories = new List<Territory>(Math.Min(limit, total));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            territories.Add(Parse(rows.GetFieldValue<byte[]>(0)));
        }

        await rows.CloseAsync();
        return new Page(territories, total, reading.IsNear, reading.Code, await InventedAsync());

        async Task<int> InventedAsync()
        {
            command.CommandText =
                $"SELECT COUNT(*) FROM territory AS t WHERE {reading.Match + filters} AND t.id >= '{Fictional.Prefix}' AND t.id < 'Za'";
            return _hasInvented ? Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture) : 0;
        }
    }

    /// <summary>
    /// How many territories a search finds at each rank of its order, whose names are really so; the ranks are those of
    /// <see cref="SearchAsync"/>.
    /// </summary>
    public async Task<IReadOnlyDictionary<int, int>> CountByRankAsync(DirectorySearch search, CancellationToken cancellationToken)
    {
        await using var connection = Connect();
        await using var command = connection.CreateCommand();
        var (reading, filters, _) = await Reading.OfAsync(search, () => Entries, command, cancellationToken);
        var counts = new Dictionary<int, int>();
        if (reading.IsNear)
        {
            return counts;
        }
        command.CommandText =
            $"SELECT {reading.Order} AS place, COUNT(*) FROM territory AS t WHERE {reading.Match + filters} GROUP BY place";
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            counts.Add(rows.GetInt32(0), rows.GetInt32(1));
        }
        return counts;
    }

    /// <summary>
    /// The territory with this id, in any case, with or without a zero before it; the code of a former commune or of a municipal
    /// arrondissement gives the commune it now belongs to. A commune's SIREN is not its id and finds nothing here: search for it. Null when
    /// nothing has the code.
    /// </summary>
    public Territory? Find(string id)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT message FROM code JOIN body ON body.position = code.territory
            WHERE code.code = $code AND code.kind IN ($id, $alias) ORDER BY code.kind LIMIT 1
            """;
        command.Parameters.AddWithValue("$code", Code(id));
        command.Parameters.AddWithValue("$id", OfficialDirectoryTables.CodeKind.Id);
        command.Parameters.AddWithValue("$alias", OfficialDirectoryTables.CodeKind.Alias);
        return command.ExecuteScalar() is byte[] body ? Parse(body) : null;
    }

    /// <summary>A code as it is kept, whatever stands between its digits and although a zero was lost before it.</summary>
    public static string Code(string text) =>
        AskedPlace.Whole(string.Concat(Letters.Plain(text).Where(letter => char.IsLetterOrDigit(letter))).ToUpperInvariant());

    private List<DirectoryEntry> ReadEntries()
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT t.position, t.name, message, t.listed FROM territory AS t JOIN body USING (position) ORDER BY position";
        using var rows = command.ExecuteReader();
        var read = new List<(int Position, string Name, Territory Territory)>();
        while (rows.Read())
        {
            read.Add(
                (
                    rows.GetInt32(0),
                    rows.GetString(1) is var name && rows.GetInt32(3) == 0
                        ? name.Replace(" ", "", StringComparison.Ordinal)
                        : string.Concat(LegalForms.Bare(name.Split(' ')).SkipWhile(LegalForms.IsSmall)),
                    Territory.Parser.ParseFrom(rows.GetFieldValue<byte[]>(2))
                )
            );
        }

        var groupings = read.Where(row => row.Territory.Siren.Length > 0 && row.Territory.Kind != "COM")
            .ToDictionary(row => row.Territory.Id, row => row.Territory.Kind);
        return read.ConvertAll(row => new DirectoryEntry(
            row.Position,
            row.Name,
            NearNames.Letters(row.Name),
            Traits.Of(row.Territory, groupings.GetValueOrDefault(row.Territory.Epci?.Code ?? "", ""))
        ));
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        return connection;
    }

    private Territory Parse(byte[] body)
    {
        var territory = Territory.Parser.ParseFrom(body);
        territory.OfficialSources.AddRange(Fictional.Is(territory.Id) ? [] : _sources(territory.Kind));
        return territory;
    }
}
