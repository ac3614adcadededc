using Microsoft.Data.Sqlite;

namespace Fabrique.Benchmarks;

/// <summary>
/// The rows that a store wrote for one record, to be inserted again and again under other identifiers, in prepared statements, with
/// nothing around them: what the database alone takes for the same work.
/// </summary>
internal sealed class BareRows
{
    private const string SequenceColumn = "sequence";
    private const string EnvelopeColumn = "envelope";

    private readonly string _id;
    private readonly List<string> _schema = [];
    private readonly List<(string Table, string[] Columns, object[] Values)> _rows = [];
    private readonly string _store;
    private readonly object _synchronous;

    /// <param name="store">A connection as the store uses it: its durability is that of the copy.</param>
    /// <param name="id">The record.</param>
    /// <param name="tables">Each table with a row of the record, and the column that names the record there.</param>
    public BareRows(SqliteConnection store, string id, params (string Table, string Key)[] tables)
    {
        _id = id;
        store.Open();
        _synchronous = Read(store, "PRAGMA synchronous").Single().Values[0];
        var row = Read(store, "SELECT * FROM store").Single();
        _store = $"INSERT INTO store VALUES ({string.Join(", ", row.Values.Select(value => $"'{value}'"))})";
        var objects = Read(store, "SELECT sql, name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid");
        // SQLite makes the tables behind a virtual one by itself.
        var virtuals = objects
            .Where(made => ((string)made.Values[0]).StartsWith("CREATE VIRTUAL", StringComparison.Ordinal))
            .Select(made => $"{made.Values[1]}_")
            .ToList();
        _schema.AddRange(
            objects.Where(made => !virtuals.Exists(((string)made.Values[1]).StartsWith)).Select(made => (string)made.Values[0])
        );
        foreach (var (table, key) in tables)
        {
            var columns = virtuals.Contains($"{table}_") ? "rowid, *" : "*";
            _rows.AddRange(
                Read(store, $"SELECT {columns} FROM {table} WHERE {key} = '{id}'").Select(found => (table, found.Columns, found.Values))
            );
        }
    }

    /// <summary>An empty database like the store's.</summary>
    public SqliteConnection Create(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, $"PRAGMA synchronous = {_synchronous}");
        _schema.ForEach(sql => Execute(connection, sql));
        Execute(connection, _store);
        return connection;
    }

    /// <summary>Statements that insert records into a database made by <see cref="Create"/>.</summary>
    public Writer Open(SqliteConnection connection) => new(this, connection);

    private static List<(string[] Columns, object[] Values)> Read(SqliteConnection connection, string sql)
    {
        using var command = new SqliteCommand(sql, connection);
        using var reader = command.ExecuteReader();
        var rows = new List<(string[], object[])>();
        while (reader.Read())
        {
            var values = new object[reader.FieldCount];
            reader.GetValues(values);
            rows.Add(([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)], values));
        }

        return rows;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = new SqliteCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    internal sealed class Writer : IDisposable
    {
        private readonly BareRows _rows;
        private readonly SqliteConnection _connection;
        private readonly SqliteCommand[] _inserts;
        private readonly SqliteCommand _sequence;
        private long _last;

        public Writer(BareRows rows, SqliteConnection connection)
        {
            (_rows, _connection) = (rows, connection);
            _inserts =
            [
                .. rows._rows.Select(row =>
                    Prepare(
                        $"INSERT INTO {row.Table} ({string.Join(", ", row.Columns)}) VALUES ({string.Join(", ", row.Columns.Select((_, at) => $"$p{at}"))})",
                        row.Values
                    )
                ),
            ];
            _sequence = Prepare("UPDATE store SET last_sequence = $p0", [0L]);
        }

        /// <summary>Inserts records in one transaction.</summary>
        public void Insert(IEnumerable<(string Id, ReadOnlyMemory<byte> Envelope)> records)
        {
            using var transaction = _connection.BeginTransaction();
            foreach (var (id, envelope) in records)
            {
                _last++;
                foreach (var (insert, row) in _inserts.Zip(_rows._rows))
                {
                    for (var at = 0; at < row.Columns.Length; at++)
                    {
                        insert.Parameters[at].Value = row.Columns[at] switch
                        {
                            SequenceColumn or "rowid" or "Number" or "Stamp" => _last,
                            EnvelopeColumn => envelope.ToArray(),
                            _ => Equals(row.Values[at], _rows._id) ? id : row.Values[at],
                        };
                    }

                    insert.Transaction = transaction;
                    insert.ExecuteNonQuery();
                }
            }

            (_sequence.Transaction, _sequence.Parameters[0].Value) = (transaction, _last);
            _sequence.ExecuteNonQuery();
            transaction.Commit();
        }

        public void Dispose()
        {
            _sequence.Dispose();
            Array.ForEach(_inserts, insert => insert.Dispose());
        }

        private SqliteCommand Prepare(string sql, object[] values)
        {
            var command = new SqliteCommand(sql, _connection);
            foreach (var (at, value) in values.Index())
            {
                command.Parameters.AddWithValue($"$p{at}", value);
            }

            command.Prepare();
            return command;
        }
    }
}
