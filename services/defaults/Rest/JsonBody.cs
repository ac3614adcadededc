using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Grpc.Core;

namespace Fabrique;

/// <summary>
/// A look at the JSON of a request before anything is made of it: that it is JSON in UTF-8, and that no list of it is longer than any list
/// of the contracts. It costs one pass over bytes that are bounded, and keeps nothing.
/// </summary>
internal static class JsonBody
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 64 };

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public static Refusal? Fault(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            return Malformed(body, FirstInvalid(body));
        }
        var reader = new Utf8JsonReader(body, Options);
        // Of every list that is open: how long it is so far. Objects are not counted, and stand as less than nothing.
        var open = new Stack<int>();
        var (name, values, isObject) = ("", 0, false);
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.EndArray or JsonTokenType.EndObject:
                        open.Pop();
                        continue;
                    case JsonTokenType.PropertyName:
                        name = reader.CurrentDepth == 1 ? reader.GetString()! : name;
                        continue;
                }
                if (reader.TokenType == JsonTokenType.String && reader.ValueIsEscaped)
                {
                    // Half of a surrogate pair is no text, and nobody behind here could read it.
                    reader.GetString();
                }
                values++;
                var length = open.TryPeek(out var before) && before >= 0 ? open.Pop() + 1 : -1;
                if (length >= 0)
                {
                    open.Push(length);
                }
                if (length > Limits.MostItems || values > Limits.MostValues)
                {
                    var most = length > Limits.MostItems ? Limits.MostItems : Limits.MostValues;
                    return Refusal.Invalid(name, $"C’est trop long : {most} éléments au plus.");
                }
                isObject |= values == 1 && reader.TokenType == JsonTokenType.StartObject;
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                {
                    open.Push(reader.TokenType == JsonTokenType.StartArray ? 0 : -1);
                }
            }
        }
        catch (JsonException error)
        {
            return Malformed(error.LineNumber ?? 0, error.BytePositionInLine ?? 0);
        }
        catch (InvalidOperationException)
        {
            return Malformed(body, (int)reader.TokenStartIndex);
        }
        return isObject ? null : new Refusal(StatusCode.InvalidArgument, "MALFORMED_JSON", $"Envoyez un objet JSON, entre accolades.");
    }

    private static int FirstInvalid(ReadOnlySpan<byte> body)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(body[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            at += length;
        }
        return at;
    }

    private static Refusal Malformed(ReadOnlySpan<byte> body, int at) =>
        Malformed(body[..at].Count((byte)'\n'), at - body[..at].LastIndexOf((byte)'\n') - 1);

    /// <summary>Counted from one, as editors do.</summary>
    private static Refusal Malformed(long lines, long bytes)
    {
        var (line, octet) = (lines + 1, bytes + 1);
        return new Refusal(StatusCode.InvalidArgument, "MALFORMED_JSON", $"Le JSON est mal formé : ligne {line}, octet {octet}.")
        {
            Details = { ["line"] = $"{line}", ["byte"] = $"{octet}" },
        };
    }
}
