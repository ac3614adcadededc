using Fabrique.Identity.V1;
using Grpc.Core;

namespace Fabrique.Identity;

internal sealed partial class IdentityGrpc
{
    public override async Task<NotifyResponse> Notify(NotifyRequest request, ServerCallContext context)
    {
        Texts.Tidy(request);
        var errors = Texts
            .TooLong(request, path => path switch
                {
                    "title" or "path" => 300,
                    "state" or "territory" => 40,
                    _ => 100,
                })
            .ToList();
        errors.AddRange([
            .. Wrong("topic", request.Topic == NoticeTopic.Unspecified || !Enum.IsDefined(request.Topic)),
            .. Wrong("audience", request.Audience == NoticeAudience.Unspecified || !Enum.IsDefined(request.Audience)),
            .. Wrong("territory", request.Territory.Length == 0),
            .. Wrong("scopes", request.Scopes.Count > 10),
            .. Wrong("subject", request.Subject.Length == 0),
            .. Wrong("event", request.Event.Length == 0),
            .. Wrong("happenedAt", request.HappenedAt is null),
            // A mail leads nowhere but to this site.
            .. Wrong("path", !(request.Path is ['/', not ('/' or '\\'), ..] or "/") || request.Path.Any(char.IsControl)),
        ]);
        if (errors.Count > 0)
        {
            throw Refusal.Invalid(errors);
        }
        var readers = await notices.ReadersAsync(request.Audience, request.Territory, request.Scopes, context.CancellationToken);
        readers.Remove(request.ExceptPerson);
        var place = await places.FindAsync(request.Territory, context.CancellationToken);
        await notices.KeepAsync(
            new NoticeRow
            {
                Id = "",
                Topic = $"{request.Topic}",
                Subject = request.Subject,
                Territory = request.Territory,
                Title = request.Title,
                State = request.State,
                Path = request.Path,
                Event = request.Event,
                HappenedAt = request.HappenedAt!.ToDateTimeOffset().ToUnixTimeMilliseconds(),
            },
            place.Name,
            readers,
            context.CancellationToken
        );
        return new NotifyResponse();

        static IEnumerable<FieldError> Wrong(string field, bool wrong) =>
            wrong ? [new FieldError(field, $"Cette valeur manque ou ne convient pas.")] : [];
    }
}
