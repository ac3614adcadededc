using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Fabrique.Territories;

/// <summary>What is looked for in the directory.</summary>
/// <param name="Query">
/// Name (accents, hyphens, apostrophes and case forgiven, the last word may be unfinished, "st" is "saint"), with or without its legal form
/// or words such as "mairie de"; number of an arrondissement; postcode, INSEE code (former codes too), SIREN or SIRET, with spaces, dots,
/// their names or without a zero at the start; or an id. Any text is safe; a text without letters and digits finds nothing, a blank one
/// everything.
/// </param>
/// <param name="Kinds">Codes of the vocabulary TerritoryKind; empty for all.</param>
/// <param name="Region">Official code of a region, as "32"; empty for all.</param>
/// <param name="Department">Official code of a département, as "62"; empty for all. A grouping is in each that has a commune of it.</param>
/// <param name="Epci">SIREN of the grouping or EPT whose communes are looked for; empty for all.</param>
/// <param name="OnlyIds">When given, only among the territories with these ids.</param>
internal sealed record DirectorySearch(
    string Query,
    IReadOnlyCollection<string>? Kinds = null,
    string Region = "",
    string Department = "",
    string Epci = "",
    IReadOnlyCollection<string>? OnlyIds = null
)
{
    /// <summary>
    /// The conditions besides the query, as SQL over parameters that this adds to the command; empty when there are none.
    /// </summary>
    public string Filters(SqliteCommand command) =>
        In("t.kind", "$kinds", Kinds is { Count: > 0 } ? Kinds : null, command)
        + In("t.id", "$ids", OnlyIds, command)
        + Around("region", Region, command)
        + Around("department", Department, command)
        + (Epci.Length == 0 ? "" : $" AND $epci IN (t.epci, t.ept){Add(command, "$epci", Epci)}");

    public static string In(string column, string parameter, IReadOnlyCollection<string>? values, SqliteCommand command) =>
        values is null
            ? ""
            : $" AND {column} IN (SELECT value FROM json_each({parameter})){Add(command, parameter, JsonSerializer.Serialize(values))}";

    private static string Around(string column, string code, SqliteCommand command) =>
        code.Length == 0
            ? ""
            : $" AND (t.{column} = ${column} OR t.position IN (SELECT territory FROM spread WHERE {column} = ${column})){Add(command, $"${column}", code)}";

    private static string Add(SqliteCommand command, string name, string value)
    {
        command.Parameters.AddWithValue(name, value);
        return "";
    }
}

/// <summary>One way to understand a query: which territories it finds and in which order, as SQL over parameters of a command.</summary>
/// <param name="Match">The condition.</param>
/// <param name="Order">The rank: 0 the name itself or the code, 1 its beginning, 2 its words, 3 with the help of the place.</param>
/// <param name="Code">The code that was looked up; null when it was a name.</param>
/// <param name="IsNear">Whether names are only near to the query.</param>
internal sealed record Reading(string Match, string Order, string? Code = null, bool IsNear = false)
{
    private static readonly Reading Everything = new("1", "t.listed");
    private static readonly Reading Nothing = new("0", "0");

    /// <summary>The first way to understand the query that finds something; when none does, the first one.</summary>
    /// <param name="search">The query and the filters.</param>
    /// <param name="entries">All territories, for those whose names are near; asked for only then.</param>
    /// <param name="command">Is given the parameters.</param>
    /// <param name="cancellation">Stops between two ways.</param>
    /// <returns>It, the filters, and how many territories it finds.</returns>
    public static async Task<(Reading Reading, string Filters, int Total)> OfAsync(
        DirectorySearch search,
        Func<IReadOnlyList<DirectoryEntry>> entries,
        SqliteCommand command,
        CancellationToken cancellation
    )
    {
        var filters = search.Filters(command);
        var (readings, isKnown) = (new List<Reading>(), false);
        foreach (var reading in Of(search.Query, command))
        {
            var total = await CountAsync(reading.Match + filters);
            if (total > 0)
            {
                return (reading, filters, total);
            }
            readings.Add(reading);
            // A name that exists is never taken for another because a filter hides it.
            isKnown |= filters.Length > 0 && await CountAsync(reading.Match) > 0;
        }
        if (!isKnown && readings[0] != Nothing && NearNames.Of(AskedPlace.Read(search.Query), entries()) is { Count: > 0 } near)
        {
            command.Parameters.AddWithValue("$near", JsonSerializer.Serialize(near));
            var nearest = new Reading(
                "t.position IN (SELECT value FROM json_each($near))",
                "(SELECT key FROM json_each($near) WHERE value = t.position)",
                IsNear: true
            );
            return await CountAsync(nearest.Match + filters) is var total and > 0 ? (nearest, filters, total) : (readings[0], filters, 0);
        }
        return (readings[0], filters, 0);

        async Task<int> CountAsync(string where)
        {
            command.CommandText = $"SELECT COUNT(*) FROM territory AS t WHERE {where}";
            return Convert.ToInt32(await command.ExecuteScalarAsync(cancellation), CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The ways to understand a query, one at least, what is most likely meant first.</summary>
    private static IEnumerable<Reading> Of(string query, SqliteCommand command)
    {
        if (Letters.IsBlank(query))
        {
            yield return Everything;
            yield break;
        }
        var asked = AskedPlace.Read(query);
        if (asked.Words.Length == 0)
        {
            yield return Nothing;
            yield break;
        }
        if (asked.Code is { } code && ByCode(asked, code, command) is { } coded)
        {
            yield return coded;
            yield break;
        }
        if (asked.Code is not null && asked.CodeKinds.Count > 0)
        {
            // A number that is said to be a code is no name.
            yield return Nothing;
            yield break;
        }
        var written = ByWords(asked.Words, "w", command);
        if (asked.Kinds.Count > 0)
        {
            // "Ville-d’Avray" and "Métropole du Grand Paris" are names with the form in them.
            yield return written with
            {
                Match = $"t.name = {Parameter("$wname", string.Join(' ', asked.Words.Select(Names.Spell)), command)}",
            };
            var ofKind = DirectorySearch.In("t.kind", "$forms", asked.Kinds, command);
            string[] words = [.. asked.Bare.Where(word => !LegalForms.IsSmall(word))];
            if (words.Length > 0)
            {
                var bare = ByWords(words, "b", command, LegalForms.Official(asked));
                yield return bare with
                {
                    Match = bare.Match + ofKind,
                };
                yield return bare with
                {
                    Order = "3",
                };
            }
            yield return written;
            if (words.Length == 0)
            {
                yield return new Reading("1" + ofKind, "0");
            }
            yield break;
        }
        yield return written;
        if (
            asked.Words.Where(word => !LegalForms.IsSmall(word)).ToArray() is { Length: > 0 } essential
            && essential.Length < asked.Words.Length
        )
        {
            yield return ByWords(essential, "b", command) with
            {
                Order = "2",
            };
        }
    }

    private static Reading? ByCode(AskedPlace asked, string code, SqliteCommand command)
    {
        Parameter("$code", code, command);
        var kinds = asked.CodeKinds.Count > 0 ? $" AND code.kind IN ({string.Join(',', asked.CodeKinds.Select(kind => (int)kind))})" : "";
        var forms = asked.Kinds.Count > 0 ? DirectorySearch.In("t.kind", "$coded", asked.Kinds, command) : "";
        command.CommandText =
            $"SELECT EXISTS (SELECT 1 FROM code JOIN territory AS t ON t.position = code.territory WHERE code.code = $code{kinds}{forms})";
        return command.ExecuteScalar() is 1L
            ? new Reading(
                $"t.position IN (SELECT territory FROM code WHERE code = $code{kinds}){forms}",
                $"(SELECT MIN(kind) FROM code WHERE code = $code AND territory = t.position{kinds})",
                code
            )
            : null;
    }

    /// <param name="words">At least one.</param>
    /// <param name="prefix">Of the parameters, so that two readings can be asked by one command.</param>
    /// <param name="whole">The whole name that these words are meant to be, where it is another; null where it is not.</param>
    private static Reading ByWords(string[] words, string prefix, SqliteCommand command, string? whole = null)
    {
        // The first word that is not a number must be in a name, or "pas de calais" would find every commune of that département.
        var terms = words
            .Select((word, i) => (Word: word, Term: i < words.Length - 1 ? Quote(Names.Spell(word)) : Unfinished(word)))
            .Select(term =>
                term.Word is { Length: 4 } && IsNumber(term.Word) ? term with { Term = $"({term.Term} OR {Quote("0" + term.Word)})" } : term
            )
            .ToArray();
        var key = Array.FindIndex(terms, term => !IsNumber(term.Word));
        var all = string.Join(" AND ", terms.Select((term, i) => i == key ? $"{{name former}} : ({term.Term})" : term.Term));
        var spelled = words.Select(Names.Spell).ToArray();
        var (match, named) = (Add("words", all), Add("named", $"name : ({string.Join(" AND ", terms.Select(term => term.Term))})"));
        var (name, start) = (
            Add("full", whole ?? string.Join(' ', spelled)),
            Add("start", string.Join(' ', spelled[..^1].Append(words[^1])))
        );
        var (alone, bare) = (Add("alone", string.Join(' ', spelled.Where(word => !IsNumber(word)))), Add("key", LegalForms.Key(spelled)));
        return new(
            $"t.position IN (SELECT rowid FROM words WHERE words MATCH {match})",
            $"""
            CASE WHEN t.name IN ({name}, {alone}) THEN 0
                 WHEN t.key = {bare} OR substr(t.name, 1, length({name})) = {name} OR substr(t.name, 1, length({start})) = {start} THEN 1
                 WHEN t.position IN (SELECT rowid FROM words WHERE words MATCH {named}) THEN 2
                 ELSE 3 END
            """
        );

        string Add(string one, string value) => Parameter($"${prefix}{one}", value, command);
        static bool IsNumber(string word) => word.All(char.IsAsciiDigit);
        static string Quote(string word) => $"\"{word}\"";
        static string Unfinished(string word) =>
            Names.Spell(word) == word ? Quote(word) + "*" : $"({Quote(word)}* OR {Quote(Names.Spell(word))}*)";
    }

    private static string Parameter(string name, string value, SqliteCommand command)
    {
        command.Parameters.AddWithValue(name, value);
        return name;
    }
}
