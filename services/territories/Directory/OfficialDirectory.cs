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
    private readonly Lazy<IReadOnlyList<DirectoryEntry>> _entries;

    private OfficialDirectory(string path, Func<string, IEnumerable<string>> sources)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly }.ToString();
        _sources = sources;
        _entries = new(ReadEntries);
    }

    /// <summary>
    /// A stretch of the territories found, how many were found in all, and whether their names are only near to the query.
    /// </summary>
    public sealed record Page(IReadOnlyList<Territory> Territories, int Total, bool IsNear = false);

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
            OfficialDirectoryTables.ReadSources()
        );

    /// <summary>
    /// Finds territories, best first: exact name, then a name that starts with the query, then the words anywhere in the name, then those
    /// found by a former name or with the help of their département or postcode ("saint-denis 93"); among equals the most populated first.
    /// A blank query finds everything: the communes, then the rest, the most populated first. Ties are broken by id, so pages never
    /// overlap. When nothing at all has such a name, the territories whose names are spelled nearly so are found, the nearest first.
    /// </summary>
    /// <param name="query"> Name (accents, hyphens, apostrophes and case forgiven, the last word may be unfinished, "st" is "saint"),
    /// postcode, INSEE code (former codes too), SIREN (spaces forgiven) or an id. Any text is safe; a text without letters and digits finds
    /// nothing.
    /// </param>
    /// <param name="kinds">Codes of the vocabulary TerritoryKind; empty for all.</param>
    /// <param name="region">Official code of a region, as "32"; empty for all.</param>
    /// <param name="department">Official code of a département, as "62"; empty for all. A grouping counts in the one where most of its
    /// inhabitants live.</param>
    /// <param name="onlyIds">When given, finds only among the territories with these ids.</param>
    /// <param name="offset">How many of the territories found to skip.</param>
    /// <param name="limit">How many to return at most.</param>
    /// <param name="cancellationToken">Stops between two rows.</param>
    public async Task<Page> SearchAsync(
        string query,
        IReadOnlyCollection<string> kinds,
        string region,
        string department,
        IReadOnlyCollection<string>? onlyIds,
        int offset,
        int limit,
        CancellationToken cancellationToken
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        await using var connection = Connect();
        await using var command = connection.CreateCommand();
        var (match, order) = Interpret(query, command);
        var filters = Filters(kinds, region, department, onlyIds, command);

        var total = await CountAsync(match + filters);
        var isNear =
            total == 0
            && (filters.Length == 0 || await CountAsync(match) == 0)
            && NearNames.Of(query, Entries) is { Count: > 0 } near
            && Nearest(near, command, out match, out order);
        total = isNear ? await CountAsync(match + filters) : total;

        command.CommandText = $"""
            SELECT message FROM (
                SELECT t.position, {order} AS place FROM territory AS t WHERE {match
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

        return new Page(territories, total, isNear);

        async Task<int> CountAsync(string where)
        {
            command.CommandText = $"SELECT COUNT(*) FROM territory AS t WHERE {where}";
            return Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
        }
    }

    /// <summary>How many territories a search finds at each rank of its order, whose names are really so; the ranks are those of <see cref="SearchAsync"/>.</summary>
    /// <inheritdoc cref="SearchAsync" path="/param"/>
    public async Task<IReadOnlyDictionary<int, int>> CountByRankAsync(
        string query,
        IReadOnlyCollection<string> kinds,
        string region,
        string department,
        IReadOnlyCollection<string>? onlyIds,
        CancellationToken cancellationToken
    )
    {
        await using var connection = Connect();
        await using var command = connection.CreateCommand();
        var (match, order) = Interpret(query, command);
        command.CommandText =
            $"SELECT {order} AS place, COUNT(*) FROM territory AS t WHERE {match + Filters(kinds, region, department, onlyIds, command)} GROUP BY place";
        var counts = new Dictionary<int, int>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            counts.Add(rows.GetInt32(0), rows.GetInt32(1));
        }
        return counts;
    }

    /// <summary>
    /// The territory with this id, in any case; the code of a former commune or of a municipal arrondissement gives the commune it now
    /// belongs to. A commune's SIREN is not its id and finds nothing here: search for it. Null when nothing has the code.
    /// </summary>
    public Territory? Find(string id)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT message FROM code JOIN body ON body.position = code.territory
            WHERE code.code = $code AND code.kind IN ($id, $alias) ORDER BY code.kind LIMIT 1
            """;
        command.Parameters.AddWithValue("$code", id.Trim().ToUpperInvariant());
        command.Parameters.AddWithValue("$id", OfficialDirectoryTables.CodeKind.Id);
        command.Parameters.AddWithValue("$alias", OfficialDirectoryTables.CodeKind.Alias);
        return command.ExecuteScalar() is byte[] body ? Parse(body) : null;
    }

    /// <summary>
    /// The condition that a query sets and the order of what it finds, as SQL over parameters that this adds to the command.
    /// </summary>
    private static (string Match, string Order) Interpret(string query, SqliteCommand command)
    {
        if (string.IsNullOrWhiteSpace(query))
        {
            return ("1", "t.listed");
        }

        if (Names.Words(query) is not { Length: > 0 } words)
        {
            return ("0", "0");
        }

        var code = string.Concat(query.Where(character => !char.IsWhiteSpace(character))).ToUpperInvariant();
        command.Parameters.AddWithValue("$code", code);
        command.CommandText = "SELECT EXISTS (SELECT 1 FROM code WHERE code = $code)";
        if (command.ExecuteScalar() is 1L)
        {
            return (
                "t.position IN (SELECT territory FROM code WHERE code = $code)",
                "(SELECT MIN(kind) FROM code WHERE code = $code AND territory = t.position)"
            );
        }

        // The first word that is not a number must be in a name, or "pas de calais" would find every commune of that département.
        var terms = words
            .Select((word, i) => (Word: word, Term: i < words.Length - 1 ? Quote(Names.Spell(word)) : Unfinished(word)))
            .ToArray();
        var key = Array.FindIndex(terms, term => !IsNumber(term.Word));
        command.Parameters.AddWithValue(
            "$words",
            string.Join(" AND ", terms.Select((term, i) => i == key ? $"{{name former}} : ({term.Term})" : term.Term))
        );
        command.Parameters.AddWithValue("$named", $"name : ({string.Join(" AND ", terms.Select(term => term.Term))})");
        command.Parameters.AddWithValue("$name", string.Join(' ', words.Select(Names.Spell)));
        command.Parameters.AddWithValue(
            "$alone",
            string.Join(' ', terms.Where(term => !IsNumber(term.Word)).Select(term => Names.Spell(term.Word)))
        );
        command.Parameters.AddWithValue("$start", string.Join(' ', words[..^1].Select(Names.Spell).Append(words[^1])));
        return (
            "t.position IN (SELECT rowid FROM words WHERE words MATCH $words)",
            """
            CASE WHEN t.name IN ($name, $alone) THEN 0
                 WHEN substr(t.name, 1, length($name)) = $name OR substr(t.name, 1, length($start)) = $start THEN 1
                 WHEN t.position IN (SELECT rowid FROM words WHERE words MATCH $named) THEN 2
                 ELSE 3 END
            """
        );

        static bool IsNumber(string word) => word.All(char.IsAsciiDigit);
        static string Quote(string word) => $"\"{word}\"";
        static string Unfinished(string word) =>
            Names.Spell(word) == word ? Quote(word) + "*" : $"({Quote(word)}* OR {Quote(Names.Spell(word))}*)";
    }

    /// <summary>The condition and the order that give these positions, as they come.</summary>
    private static bool Nearest(IReadOnlyList<int> positions, SqliteCommand command, out string match, out string order)
    {
        command.Parameters.AddWithValue("$near", System.Text.Json.JsonSerializer.Serialize(positions));
        (match, order) = (
            "t.position IN (SELECT value FROM json_each($near))",
            "(SELECT key FROM json_each($near) WHERE value = t.position)"
        );
        return true;
    }

    private static string Filters(
        IReadOnlyCollection<string> kinds,
        string region,
        string department,
        IReadOnlyCollection<string>? onlyIds,
        SqliteCommand command
    ) =>
        Filter("kind", "$kinds", kinds.Count > 0 ? kinds : null, command)
        + Filter("id", "$ids", onlyIds, command)
        + Filter("region", "$region", region.Length > 0 ? [region] : null, command)
        + Filter("department", "$department", department.Length > 0 ? [department] : null, command);

    private static string Filter(string column, string parameter, IReadOnlyCollection<string>? values, SqliteCommand command)
    {
        if (values is null)
        {
            return "";
        }

        command.Parameters.AddWithValue(parameter, System.Text.Json.JsonSerializer.Serialize(values));
        return $" AND t.{column} IN (SELECT value FROM json_each({parameter}))";
    }

    private List<DirectoryEntry> ReadEntries()
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT t.position, t.name, message FROM territory AS t JOIN body USING (position) ORDER BY position";
        using var rows = command.ExecuteReader();
        var read = new List<(int Position, string Name, Territory Territory)>();
        while (rows.Read())
        {
            read.Add(
                (
                    rows.GetInt32(0),
                    rows.GetString(1).Replace(" ", "", StringComparison.Ordinal),
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
