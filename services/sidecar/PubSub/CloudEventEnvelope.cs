using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grpc.Core;

namespace Fabrique.Sidecar;

/// <summary>What the app <c>Source</c> handed in for one event, and the W3C trace context of its call.</summary>
internal sealed record Publication(
    string Source,
    string PubSub,
    string Topic,
    ReadOnlyMemory<byte> Data,
    string ContentType,
    IReadOnlyDictionary<string, string> Metadata,
    string TraceParent,
    string TraceState
);

/// <summary>The CloudEvents 1.0 JSON envelope, field by field as daprd makes it, so that both can share a broker.</summary>
internal static class CloudEventEnvelope
{
    public const string ContentType = "application/cloudevents+json";

    // Not for HTML: plain French letters and base64 are shorter than \u escapes.
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonWriterOptions Written = new() { Encoder = Json.Encoder };

    private const string DefaultType = "com.dapr.event.sent";
    private const string OctetStream = "application/octet-stream";

    /// <summary>
    /// The message to send: wrapped; completed, when the publisher made the envelope; or as it is, with <c>rawPayload</c>.
    /// </summary>
    /// <exception cref="RpcException">InvalidArgument: a bad <c>ttlInSeconds</c> or an envelope that is not a JSON object.</exception>
    public static Message Create(Publication publication, TimeProvider clock)
    {
        var metadata = publication.Metadata;
        var timeToLive = TimeToLive(metadata);
        if (metadata.TryGetValue("rawPayload", out var raw) && bool.TryParse(raw, out var isRaw) && isRaw)
        {
            return new Message(publication.Data, OctetStream, timeToLive);
        }
        var body = IsMediaType(publication.ContentType, ContentType) ? Complete(publication, clock) : Wrap(publication, clock);
        return new Message(body, ContentType, timeToLive);
    }

    /// <summary>The envelope around the bytes of a raw subscription; like daprd's it has no time.</summary>
    public static byte[] WrapRaw(ReadOnlyMemory<byte> data, string pubSub, string topic, TimeProvider clock)
    {
        var envelope = new JsonObject
        {
            ["id"] = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
            ["specversion"] = "1.0",
            ["source"] = "Dapr",
            ["type"] = DefaultType,
            ["datacontenttype"] = OctetStream,
            ["data_base64"] = Convert.ToBase64String(data.Span),
            ["topic"] = topic,
            ["pubsubname"] = pubSub,
        };
        return JsonSerializer.SerializeToUtf8Bytes(envelope, Json);
    }

    /// <summary>Reads who published and in which trace; false when the bytes are not a JSON object and so no envelope.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> envelope, out string id, out ActivityContext trace)
    {
        (id, trace) = ("", default);
        try
        {
            using var json = JsonDocument.Parse(envelope);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }
            id = Text(json, "id") ?? "";
            ActivityContext.TryParse(Text(json, "traceparent"), Text(json, "tracestate"), isRemote: true, out trace);
            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Not JSON, or a text in it is no text: half a surrogate pair.
            return false;
        }
    }

    /// <summary>The envelope's attributes that are texts; its data is skipped. Not for bytes that <see cref="TryRead"/> refuses.</summary>
    public static Dictionary<string, string> Attributes(ReadOnlyMemory<byte> envelope)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        var json = new Utf8JsonReader(envelope.Span);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            if (json.TokenType == JsonTokenType.String && name is not ("data" or "data_base64"))
            {
                attributes[name] = json.GetString()!;
            }
            json.Skip();
        }
        return attributes;
    }

    /// <summary>Written straight to bytes: every record that is shared passes here.</summary>
    private static ReadOnlyMemory<byte> Wrap(Publication publication, TimeProvider clock)
    {
        var (metadata, contentType) = (publication.Metadata, publication.ContentType.Length > 0 ? publication.ContentType : "text/plain");
        var bytes = new ArrayBufferWriter<byte>(512 + publication.Data.Length * 4 / 3);
        using var json = new Utf8JsonWriter(bytes, Written);
        json.WriteStartObject();
        json.WriteString("id", Override(metadata, "id") ?? Guid.CreateVersion7(clock.GetUtcNow()).ToString());
        json.WriteString("source", Override(metadata, "source") ?? publication.Source);
        json.WriteString("type", Override(metadata, "type") ?? DefaultType);
        json.WriteString("specversion", "1.0");
        json.WriteString("datacontenttype", contentType);
        if (Override(metadata, "subject") is { } subject)
        {
            json.WriteString("subject", subject);
        }
        if (IsMediaType(contentType, OctetStream) || IsMediaType(contentType, "application/cloudevents+protobuf"))
        {
            json.WriteBase64String("data_base64", publication.Data.Span);
        }
        else
        {
            // Only application/json itself is JSON: daprd carries *+json as a string.
            json.WritePropertyName("data");
            var data =
                IsMediaType(contentType, "application/json") && TryParse(publication.Data, duplicates: true, out var node)
                    ? node
                    : Encoding.UTF8.GetString(publication.Data.Span);
            JsonSerializer.Serialize(json, data, Json);
        }
        json.WriteString("topic", publication.Topic);
        json.WriteString("pubsubname", publication.PubSub);
        json.WriteString("traceid", Override(metadata, "traceid") ?? publication.TraceParent);
        json.WriteString("traceparent", Override(metadata, "traceparent") ?? publication.TraceParent);
        json.WriteString("tracestate", Override(metadata, "tracestate") ?? publication.TraceState);
        json.WriteString("time", Now(clock));
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenMemory;
    }

    /// <summary>
    /// Fills what the publisher's own envelope lacks, except <c>id</c> and <c>datacontenttype</c>, which daprd leaves alone too.
    /// </summary>
    private static byte[] Complete(Publication publication, TimeProvider clock)
    {
        if (!TryParse(publication.Data, duplicates: false, out var json) || json is not JsonObject envelope)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"data: {ContentType} must be a JSON object"));
        }
        var metadata = publication.Metadata;
        envelope["source"] ??= publication.Source;
        envelope["type"] ??= DefaultType;
        envelope["specversion"] ??= "1.0";
        envelope["topic"] = publication.Topic;
        envelope["pubsubname"] = publication.PubSub;
        envelope["traceid"] ??= Override(metadata, "traceid") ?? publication.TraceParent;
        envelope["traceparent"] ??= Override(metadata, "traceparent") ?? publication.TraceParent;
        envelope["tracestate"] ??= Override(metadata, "tracestate") ?? publication.TraceState;
        envelope["time"] ??= Now(clock);
        return JsonSerializer.SerializeToUtf8Bytes(envelope, Json);
    }

    private static bool TryParse(ReadOnlyMemory<byte> data, bool duplicates, out JsonNode? json)
    {
        try
        {
            // JsonNode keeps numbers as they were written, whatever their size.
            json = JsonNode.Parse(data.Span, documentOptions: new() { AllowDuplicateProperties = duplicates });
            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Not JSON, or a text in it is no text: half a surrogate pair.
            json = null;
            return false;
        }
    }

    private static string? Override(IReadOnlyDictionary<string, string> metadata, string field) =>
        metadata.GetValueOrDefault($"cloudevent.{field}");

    private static string? Text(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Now(TimeProvider clock) => clock.GetLocalNow().ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture);

    private static bool IsMediaType(string contentType, string expected)
    {
        var end = contentType.IndexOf(';');
        return contentType.AsSpan(0, end < 0 ? contentType.Length : end).Trim().Equals(expected, StringComparison.OrdinalIgnoreCase);
    }

    private static TimeSpan? TimeToLive(IReadOnlyDictionary<string, string> metadata)
    {
        // The AMQP expiration is a 32-bit number of milliseconds.
        const int Most = int.MaxValue / 1000;
        if (!metadata.TryGetValue("ttlInSeconds", out var text))
        {
            return null;
        }
        return int.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= Most
            ? TimeSpan.FromSeconds(seconds)
            : throw new RpcException(
                new Status(StatusCode.InvalidArgument, $"metadata ttlInSeconds: '{text}' must be seconds, from 1 to {Most}")
            );
    }
}
