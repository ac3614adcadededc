using Fabrique.Records.V1;
using Google.Protobuf;

namespace Fabrique.Records;

/// <summary>The kinds a service understands: those it writes and publishes, and those of others that it follows.</summary>
public sealed class RecordKinds
{
    private readonly Dictionary<string, MessageParser> _parsers = [];
    private readonly Dictionary<string, IReadOnlyList<string>> _followed = [];

    /// <summary>The area whose records this service keeps, publishes and feeds, those of kinds it does not know included.</summary>
    public string Area { get; private set; } = "";

    /// <summary>Kinds followed from another application of the node, by its application id.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Followed => _followed;

    /// <summary>This service is where records of the kind are written.</summary>
    public RecordKinds Owns<TBody>()
        where TBody : IMessage<TBody>, new()
    {
        Add<TBody>();
        var area = AreaOf(KindOf<TBody>());
        Area =
            Area.Length == 0 || Area == area
                ? area
                : throw new InvalidOperationException($"A service owns one area: {Area}, so not {area} too.");
        return this;
    }

    /// <summary>This service keeps replicas of another application's records and reacts on them.</summary>
    public RecordKinds Follows<TBody>(string appId)
        where TBody : IMessage<TBody>, new()
    {
        Add<TBody>();
        _followed[appId] = [.. _followed.GetValueOrDefault(appId, []), KindOf<TBody>()];
        return this;
    }

    /// <summary>The kind of a body type: its full proto name.</summary>
    public static string KindOf<TBody>()
        where TBody : IMessage<TBody>, new() => new TBody().Descriptor.FullName;

    /// <summary>The area of a kind, which is also its topic: "practices" for "fabrique.practices.v1.Practice".</summary>
    public static string AreaOf(string kind) => kind.Split('.') is ["fabrique", var area, _, _] ? area : "";

    /// <summary>The body of a record, or null for a tombstone and for a kind that this service does not know.</summary>
    /// <exception cref="EnvelopeException">The kind is known and the body is not one.</exception>
    internal IMessage? Body(Record record)
    {
        if (record.Deleted || !_parsers.TryGetValue(record.Kind, out var parser))
        {
            return null;
        }
        try
        {
            return parser.ParseFrom(record.Body);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new EnvelopeException(QuarantineReason.UnreadableBody);
        }
    }

    private void Add<TBody>()
        where TBody : IMessage<TBody>, new() => _parsers.Add(KindOf<TBody>(), new MessageParser<TBody>(() => new TBody()));
}

/// <summary>How a service derives the tables that answer its queries from records.</summary>
/// <typeparam name="TDb">The service's database.</typeparam>
public abstract class RecordIndex<TDb>
    where TDb : RecordsDb
{
    /// <summary>Change it with the tables or with what is put in them: the index is then rebuilt from the records.</summary>
    public abstract string Version { get; }

    /// <summary>Creates what the model cannot say, such as full-text tables. They must be dropped first if they exist.</summary>
    public virtual Task CreateAsync(TDb db, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Brings the index up to date with one record, inside its transaction; the rows are saved by the caller.</summary>
    /// <param name="db">The database of the transaction.</param>
    /// <param name="record">The record; its body may be unknown to this service.</param>
    /// <param name="body">The parsed body; null for a tombstone or an unknown kind.</param>
    /// <param name="isNew">No earlier version can be in the index: there is nothing to remove.</param>
    /// <param name="cancellation">Ends the transaction.</param>
    public abstract Task ApplyAsync(TDb db, Record record, IMessage? body, bool isNew, CancellationToken cancellation);
}
