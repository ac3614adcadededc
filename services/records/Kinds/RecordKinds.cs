using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;

namespace Fabrique.Records;

/// <summary>
/// The kinds a service understands, those it writes and publishes and those of others that it follows, and what it derives from them.
/// </summary>
public sealed class RecordKinds
{
    private readonly Dictionary<string, Func<ByteString, IMessage>> _parsers = [];
    private readonly Dictionary<string, List<string>> _followed = [];
    private readonly List<Type> _parts = [];

    /// <summary>
    /// The area whose records this service keeps, publishes and feeds, those of kinds it does not know included: its topic, the name of its
    /// database and of its application.
    /// </summary>
    public string Area { get; private set; } = "";

    /// <summary>Kinds followed from other applications of the node, by their areas.</summary>
    internal IReadOnlyDictionary<string, List<string>> Followed => _followed;

    /// <summary>The parts of the index.</summary>
    internal IReadOnlyList<Type> Parts => _parts;

    /// <summary>This service is where records of the kind are written.</summary>
    public RecordKinds Owns(RecordKind kind)
    {
        Area =
            Area.Length == 0 || Area == kind.Area
                ? kind.Area
                : throw new InvalidOperationException($"A service owns one area: {Area}, so not {kind.Area} too.");
        _parsers.Add(kind.Name, kind.Parse);
        return this;
    }

    /// <summary>This service keeps replicas of another application's records and reacts on them.</summary>
    public RecordKinds Follows<TBody>()
        where TBody : IMessage<TBody>, new()
    {
        var (kind, parser) = (RecordKind.NameOf<TBody>(), new MessageParser<TBody>(() => new TBody()));
        if (_parsers.TryAdd(kind, body => parser.ParseFrom(body)))
        {
            var area = RecordKind.AreaOf(kind);
            _followed.TryAdd(area, []);
            _followed[area].Add(kind);
        }
        return this;
    }

    /// <summary>
    /// This service knows the territories of the network: see <see cref="TerritoryPart"/> and <see cref="Places{TDb}"/>. Parts that look at
    /// them come after.
    /// </summary>
    public RecordKinds FollowsNetwork() => Follows<Profile>().Follows<Membership>().IndexedBy<TerritoryPart>();

    /// <summary>Adds tables that are derived from records of these kinds.</summary>
    public RecordKinds IndexedBy<TPart>()
        where TPart : IndexPart
    {
        _parts.Add(typeof(TPart));
        return this;
    }

    /// <summary>The body of a record, or null for a tombstone and for a kind that this service does not know.</summary>
    /// <exception cref="EnvelopeException">The kind is known and the body is not one.</exception>
    internal IMessage? Body(Record record)
    {
        if (record.Deleted || !_parsers.TryGetValue(record.Kind, out var parse))
        {
            return null;
        }
        try
        {
            return parse(record.Body);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new EnvelopeException(QuarantineReason.UnreadableBody);
        }
    }
}
