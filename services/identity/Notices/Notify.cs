using System.Text.RegularExpressions;
using Fabrique.Identity.V1;
using Grpc.Core;

namespace Fabrique.Identity;

internal sealed partial class IdentityGrpc
{
    private const int MostValues = 10;

    public override async Task<NotifyResponse> Notify(NotifyRequest request, ServerCallContext context)
    {
        EarlierNotice.Renew(request);
        // A mail leads nowhere but to this site.
        var path = request.Target?.Path ?? LocalAddress.Of(request.EarlierPath);
        var errors = Texts
            .TooLong(request, path => path switch
                {
                    "earlierPath" or "sentence.format" => 300,
                    "territory" => 40,
                    _ => path.StartsWith("sentence.", StringComparison.Ordinal) ? 300 : 100,
                })
            .ToList();
        errors.AddRange([
            .. Wrong("topic", NoticeTopics.Find(request.Topic) is null),
            .. Wrong("sentence", request.Sentence is not { } sentence || !IsWhole(sentence)),
            .. Wrong("audience", request.Audience == NoticeAudience.Unspecified || !Enum.IsDefined(request.Audience)),
            .. Wrong("territory", request.Territory.Length == 0),
            .. Wrong("scopes", request.Scopes.Count > 10),
            .. Wrong("subject", request.Subject.Length == 0),
            .. Wrong("event", request.Event.Length == 0),
            .. Wrong("happenedAt", request.HappenedAt is null),
            .. Wrong("target", path is null),
        ]);
        if (errors.Count > 0)
        {
            throw Refusal.Invalid(errors);
        }
        var readers = await notices.ReadersAsync(request.Audience, request.Territory, request.Scopes, context.CancellationToken);
        readers.Remove(request.ExceptPerson);
        var names = await places.NamesAsync(request.Sentence.Territories(), context.CancellationToken);
        await notices.KeepAsync(
            new NoticeRow
            {
                Id = "",
                Topic = request.Topic,
                Subject = request.Subject,
                Territory = request.Territory,
                Sentence = NoticeTexts.Kept(request.Sentence),
                Path = path!,
                Event = request.Event,
                HappenedAt = request.HappenedAt!.ToDateTimeOffset().ToUnixTimeMilliseconds(),
            },
            names,
            readers,
            context.CancellationToken
        );
        return new NotifyResponse();

        static IEnumerable<FieldError> Wrong(string field, bool wrong) =>
            wrong ? [new FieldError(field, $"Cette valeur manque ou ne convient pas.")] : [];
    }

    /// <summary>Whether each value is there that the sentence asks for, and nothing in it but places for them.</summary>
    private static bool IsWhole(NoticeSentence sentence) =>
        sentence.Values.Count <= MostValues
        && WithPlaces().Match(sentence.Format) is { Success: true } match
        && match.Groups["place"].Captures.All(place => place.ValueSpan[0] - '0' < sentence.Values.Count);

    [GeneratedRegex(@"^(?:[^{}]|\{(?<place>[0-9])\})+$")]
    private static partial Regex WithPlaces();
}
