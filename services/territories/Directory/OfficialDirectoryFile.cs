using System.Diagnostics;
using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace Fabrique.Territories;

/// <summary>Makes the SQLite file of the official directory out of the shipped tables.</summary>
internal static class OfficialDirectoryFile
{
    public const string Name = "directory.db";

    // `position` is the order by population, then id, so that sorting by it is free. `listed` is 0 for a commune, 1 for the rest. `name` is
    // folded, `key` what its spellings have in common. `spread` tells in which other départements and regions a grouping has communes. What
    // only the reader needs stands apart in `body`, so that a search goes through few pages. `words` keeps only its index.
    private const string Schema = """
        PRAGMA journal_mode = OFF;
        PRAGMA synchronous = OFF;
        CREATE TABLE built_from (fingerprint TEXT NOT NULL);
        CREATE TABLE territory (
            position INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, listed INTEGER NOT NULL, name TEXT NOT NULL,
            key TEXT NOT NULL, department TEXT NOT NULL, region TEXT NOT NULL, epci TEXT NOT NULL, ept TEXT NOT NULL);
        CREATE TABLE spread (
            department TEXT NOT NULL, region TEXT NOT NULL, territory INTEGER NOT NULL, PRIMARY KEY (department, territory)) WITHOUT ROWID;
        CREATE TABLE body (position INTEGER PRIMARY KEY, message BLOB NOT NULL);
        CREATE TABLE code (code TEXT NOT NULL, kind INTEGER NOT NULL, territory INTEGER NOT NULL, PRIMARY KEY (code, kind, territory)) WITHOUT ROWID;
        CREATE VIRTUAL TABLE words USING fts5(name, former, place, content = '', tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3');
        """;

    private const string Indexes = """
        CREATE UNIQUE INDEX territory_id ON territory (id);
        CREATE INDEX territory_listing ON territory (listed, position);
        CREATE INDEX territory_epci ON territory (epci) WHERE epci <> '';
        CREATE INDEX territory_ept ON territory (ept) WHERE ept <> '';
        INSERT INTO spread SELECT DISTINCT t.department, t.region, g.position
            FROM territory AS t JOIN territory AS g ON g.id IN (t.epci, t.ept) AND g.department <> t.department;
        """;

    private delegate void Run(params object[] values);

    /// <summary>
    /// The path of the file, built first when it is missing, damaged or made by another version. Of processes that start together one
    /// builds and the others wait.
    /// </summary>
    public static async Task<string> EnsureAsync(string folder, bool demonstration, ILogger logger, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, Name);
        var fingerprint = Fingerprint(demonstration);
        if (IsCurrent(path, fingerprint))
        {
            return path;
        }

        await using var turn = await WaitForTurnAsync(path + ".lock", cancellationToken);
        if (!IsCurrent(path, fingerprint))
        {
            var temporary = path + ".tmp";
            File.Delete(temporary);
            Build(temporary, fingerprint, demonstration, logger);
            File.Move(temporary, path, overwrite: true);
        }

        return path;
    }

    private static bool IsCurrent(string path, string fingerprint)
    {
        try
        {
            using var connection = Open(path, SqliteOpenMode.ReadOnly);
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT fingerprint FROM built_from";
            return command.ExecuteScalar() is string found && found == fingerprint;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    private static async Task<FileStream> WaitForTurnAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
        }
    }

    private static void Build(string path, string fingerprint, bool demonstration, ILogger logger)
    {
        logger.LogInformation("Building the official directory of territories, once for this version");
        var start = Stopwatch.GetTimestamp();
        List<OfficialDirectoryTables.Entry> territories =
        [
            .. OfficialDirectoryTables.Read(),
            .. demonstration ? OfficialDirectoryTables.ReadFictional() : [],
        ];
        using (var connection = Open(path, SqliteOpenMode.ReadWriteCreate))
        {
            Prepare(connection, Schema)();
            using var transaction = connection.BeginTransaction();
            Fill(connection, territories);
            Prepare(connection, Indexes)();
            Prepare(connection, "INSERT INTO built_from VALUES ($0)")(fingerprint);
            transaction.Commit();
        }

        // On disk before it has its name: a power cut leaves the old file or the new one, whole.
        using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Flush(flushToDisk: true);
        }

        logger.LogInformation(
            "Built the official directory: {Count} territories in {Elapsed:F0} ms",
            territories.Count,
            Stopwatch.GetElapsedTime(start).TotalMilliseconds
        );
    }

    private static void Fill(SqliteConnection connection, List<OfficialDirectoryTables.Entry> entries)
    {
        var territory = Prepare(connection, "INSERT INTO territory VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9)");
        var body = Prepare(connection, "INSERT INTO body VALUES ($0, $1)");
        var words = Prepare(connection, "INSERT INTO words (rowid, name, former, place) VALUES ($0, $1, $2, $3)");
        var code = Prepare(connection, "INSERT OR IGNORE INTO code VALUES ($0, $1, $2)");
        var position = 0;
        foreach (
            var entry in entries
                .OrderByDescending(entry => entry.Territory.Population)
                .ThenBy(entry => entry.Territory.Id, StringComparer.Ordinal)
        )
        {
            position++;
            var message = entry.Territory;
            var (name, department) = (Names.Fold(message.Name), message.Department);
            territory(
                position,
                message.Id,
                message.Kind,
                message.Kind == "COM" ? 0 : 1,
                name,
                Names.Key(message.Name),
                department?.Code ?? "",
                message.Region.Code,
                message.Epci?.Code ?? "",
                entry.Ept
            );
            body(position, message.ToByteArray());

            // Joined, so that "labergement" finds L'Abergement.
            var joined = Names.Fold(message.Name.Replace("'", "", StringComparison.Ordinal));
            words(
                position,
                string.Join(' ', LegalForms.Bare(name.Split(' '))),
                Names.Fold(entry.FormerNames) + (joined == name ? "" : " " + joined),
                Names.Fold(
                    $"{message.Id} {department?.Code} {department?.Name} {message.Region.Name} {string.Join(' ', message.Postcodes)}"
                )
            );

            foreach (var (text, kind) in entry.Codes)
            {
                code(text, (int)kind, position);
            }
        }
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = mode,
                Pooling = false,
            }.ToString()
        );
        connection.Open();
        return connection;
    }

    /// <summary>Prepares a statement, to be run with the values of its parameters $0, $1…</summary>
    private static Run Prepare(SqliteConnection connection, string sql)
    {
        // Finalised with its connection, which lives as long as one build.
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return values =>
        {
            for (var i = 0; i < values.Length; i++)
            {
                if (command.Parameters.Count == i)
                {
                    command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
                }

                command.Parameters[i].Value = values[i];
            }

            command.ExecuteNonQuery();
        };
    }

    /// <summary>Changes with the shipped tables and with the code that reads them.</summary>
    private static string Fingerprint(bool demonstration)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(typeof(OfficialDirectoryFile).Module.ModuleVersionId.ToByteArray());
        hash.AppendData(OfficialDirectoryTables.Hash());
        return Convert.ToHexStringLower(hash.GetHashAndReset()) + (demonstration ? " with the invented" : "");
    }
}
