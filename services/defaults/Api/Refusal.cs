using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace Fabrique;

/// <summary>
/// A rule said no. Carries what a caller needs: a gRPC code, a stable reason (UPPER_SNAKE_CASE), a sentence in the language of the caller,
/// and where fields are at fault each of them, named as in the JSON of the contract (<c>figures[0].unit</c>) with its own sentence.
/// Sentences are written in French; their format is the key of the translation. Comes out as a rich gRPC error and as problem details, of
/// bounded size whatever was asked: an answer must not be larger than its question makes needful.
/// </summary>
public sealed class Refusal(StatusCode code, string reason, FormattableString message, params IEnumerable<FieldError> fields)
    : Exception(T.Of(Bounded.Sentence(message)))
{
    /// <summary>How many fields one refusal names.</summary>
    public const int MostFields = 20;

    /// <summary>Domain of <c>google.rpc.ErrorInfo</c>.</summary>
    public const string ErrorDomain = "fabrique";

    public StatusCode Code { get; } = code;

    public string Reason { get; } = reason;

    public IReadOnlyList<FieldError> Fields { get; } = [.. fields.Take(MostFields)];

    /// <summary>Figures for programs, such as the current version of what could not be overwritten.</summary>
    public Dictionary<string, string> Details { get; } = [];

    public static Refusal Invalid(params IEnumerable<FieldError> fields)
    {
        var errors = fields as IReadOnlyCollection<FieldError> ?? [.. fields];
        var others = errors.Count - MostFields;
        return others <= 0
            ? new(StatusCode.InvalidArgument, "INVALID_FIELDS", $"Certains champs sont à corriger.", errors)
            : new(
                StatusCode.InvalidArgument,
                "INVALID_FIELDS",
                $"Certains champs sont à corriger : en voici {MostFields}, et il y en a {others} autres.",
                errors
            )
            {
                Details = { ["others"] = $"{others}" },
            };
    }

    public static Refusal Invalid(string field, FormattableString message) => Invalid(new FieldError(field, message));

    public static Refusal NotFound(FormattableString message) => new(StatusCode.NotFound, "NOT_FOUND", message);

    internal RpcException ToRpcException()
    {
        var info = new ErrorInfo { Domain = ErrorDomain, Reason = Reason };
        info.Metadata.Add(Details.ToDictionary(detail => detail.Key, detail => Bounded.Text(detail.Value)));
        var status = new Status
        {
            Code = (int)Code,
            Message = Message,
            Details = { Any.Pack(info) },
        };
        if (Fields.Count > 0)
        {
            var violations = Fields.Select(field => new BadRequest.Types.FieldViolation
            {
                Field = field.Field,
                Description = field.Message,
            });
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violations } }));
        }
        return status.ToRpcException();
    }
}

/// <summary>What is wrong with one field, and the way out, in the language of the caller.</summary>
public readonly record struct FieldError(string Field, FormattableString Sentence)
{
    public string Field { get; } = Bounded.Text(Field);

    public string Message { get; } = T.Of(Bounded.Sentence(Sentence));
}

/// <summary>What a caller wrote is repeated to them no longer than helps.</summary>
file static class Bounded
{
    private const int Longest = 1_000;

    public static string Text(string text) => text.Length > Longest ? $"{Texts.WellFormed(text[..Longest])}…" : text;

    public static FormattableString Sentence(FormattableString sentence) =>
        sentence.GetArguments().Any(value => value is string { Length: > Longest })
            ? FormattableStringFactory.Create(
                sentence.Format,
                [.. sentence.GetArguments().Select(value => value is string text ? Text(text) : value)]
            )
            : sentence;
}
