using Fabrique.Identity.V1;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

internal sealed partial class IdentityGrpc
{
    public override async Task<CreateJoinRequestResponse> CreateJoinRequest(CreateJoinRequestRequest request, ServerCallContext context)
    {
        var person = await PersonAsync(context);
        var errors = Texts
            .TooLong(request, path => path switch
                {
                    "territory" => 40,
                    "function" => 120,
                    _ => 1000,
                })
            .ToList();
        if (request.Territory.Length == 0)
        {
            errors.Add(new FieldError("territory", $"Choisissez le territoire."));
        }
        if (!Vocabulary.Role4F.Contains(request.Family))
        {
            errors.Add(new FieldError("family", $"Indiquez la famille d’acteurs : {string.Join(", ", Vocabulary.Role4F.Codes)}."));
        }
        if (request.Function.Length == 0)
        {
            errors.Add(new FieldError("function", $"Dites ce que vous y faites, par exemple : chargée de mission climat."));
        }
        if (errors.Count > 0)
        {
            throw Refusal.Invalid(errors);
        }
        // A former code asks for the commune of today.
        request.Territory = await places.CodeOfAsync(request.Territory, "territory", context.CancellationToken);
        var row = await db.JoinRequests.SingleOrDefaultAsync(
            row => row.Person == person.Id && row.Territory == request.Territory && row.Status == JoinRow.Open,
            context.CancellationToken
        );
        if (row is null)
        {
            await BoundRequestsAsync(person.Id, context.CancellationToken);
            row = new JoinRow
            {
                Id = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
                Person = person.Id,
                Territory = request.Territory,
                Family = "",
                Function = "",
                Proof = "",
                Status = JoinRow.Open,
                AskedAt = Now,
            };
            db.JoinRequests.Add(row);
        }
        (row.Family, row.Function, row.Proof) = (request.Family, request.Function, request.Proof);
        await TellAsync(row, person, context.CancellationToken);
        return new CreateJoinRequestResponse { Request = Message(row, person) };
    }

    public override async Task<GetSuggestedTerritoryResponse> GetSuggestedTerritory(
        GetSuggestedTerritoryRequest request,
        ServerCallContext context
    )
    {
        var me = Caller(context);
        return new()
        {
            Siren = await db
                .Users.Where(person => person.Id == me)
                .Select(person => person.Siren)
                .SingleOrDefaultAsync(context.CancellationToken)
                ?? "",
        };
    }

    public override async Task<ListJoinRequestsResponse> ListJoinRequests(ListJoinRequestsRequest request, ServerCallContext context)
    {
        var size = Paging.Size(request.PageSize);
        var after = Paging.Position<string>(
            new ListJoinRequestsRequest { Territory = request.Territory, Mine = request.Mine },
            request.PageToken
        ) ?? "";
        var rows = db.JoinRequests.AsNoTracking();
        if (request.Mine)
        {
            var me = Caller(context);
            rows = rows.Where(row => row.Person == me);
        }
        else
        {
            if (request.Territory.Length > 0)
            {
                context.Demand(await SubjectAsync(request.Territory, context), "others");
            }
            else if (!Facilitated(context).Contains(Grant.Everywhere))
            {
                // Those of the regions and cohorts that the caller looks after.
                var scopes = Facilitated(context).ToArray();
                context.DemandAnywhere("all");
                rows = rows.Where(row => db.JoinScopes.Any(part => part.Request == row.Id && scopes.Contains(part.Scope)));
            }
            rows = rows.Where(row => row.Status == JoinRow.Open && (request.Territory == "" || row.Territory == request.Territory));
        }
        var found = await (
            from row in rows
            where row.Id.CompareTo(after) > 0
            join person in db.Users on row.Person equals person.Id
            orderby row.Id
            select new { row, person }
        )
            .Take(size + 1)
            .ToListAsync(context.CancellationToken);
        var response = new ListJoinRequestsResponse { Requests = { found.Take(size).Select(item => Message(item.row, item.person)) } };
        if (found.Count > size)
        {
            response.NextPageToken = Paging.Token(
                new ListJoinRequestsRequest { Territory = request.Territory, Mine = request.Mine },
                found[size - 1].row.Id
            );
        }
        return response;
    }

    public override async Task<DecideJoinRequestResponse> DecideJoinRequest(DecideJoinRequestRequest request, ServerCallContext context)
    {
        var row = await db.JoinRequests.SingleOrDefaultAsync(row => row.Id == request.Id, context.CancellationToken)
            ?? throw Refusal.NotFound($"Cette demande n’existe plus.");
        var around = await db
            .JoinScopes.Where(part => part.Request == row.Id)
            .Select(part => part.Scope)
            .ToListAsync(context.CancellationToken);
        context.Demand(new Subject([row.Territory], around));
        if (row.Person == Caller(context))
        {
            throw RightsKeeper.ForYourself();
        }
        var person = await db.Users.AsNoTracking().SingleAsync(person => person.Id == row.Person, context.CancellationToken);
        if (row.Status != JoinRow.Open)
        {
            return new DecideJoinRequestResponse { Request = Message(row, person) };
        }
        if (!request.Accept && request.Reason.Length is 0 or > 1000)
        {
            throw Refusal.Invalid("reason", $"Dites pourquoi, en 1 000 caractères au plus : la personne lira ces mots.");
        }
        (row.Status, row.Reason, row.DecidedAt) = (
            request.Accept ? JoinRow.Accepted : JoinRow.Refused,
            request.Accept ? "" : request.Reason,
            Now
        );
        rights.Note(Caller(context), $"request {row.Status}", row.Person, row.Territory);
        mails.Add(person, () =>
            new Letter(
                request.Accept ? T["Votre demande est acceptée"] : T["Votre demande n’est pas acceptée"],
                T["Bonjour {0},", person.Name],
                request.Accept
                    ? T["Votre demande a été acceptée. La suite se passe ici :"]
                    : T["Votre demande n’a pas été acceptée, pour cette raison : {0}", row.Reason],
                site.Page("/mon-territoire")
            )
        );
        if (request.Accept)
        {
            var leads = !await Members(row.Territory).AnyAsync(grant => grant.Role == Grant.Referent, context.CancellationToken);
            var grant = new Grant(leads ? Grant.Referent : Grant.Delegate, row.Territory, row.Family);
            await rights.GiveAsync(Caller(context), row.Person, grant, row.Function);
            await TellDelegationAsync(
                grant,
                row.Person,
                NoticeSentence.Saying(
                    $"Une personne est entrée dans la délégation de {new TerritoryName(row.Territory)}, par une décision prise hors d’elle."
                ),
                context
            );
        }
        await db.SaveChangesAsync(context.CancellationToken);
        return new DecideJoinRequestResponse { Request = Message(row, person) };
    }

    /// <summary>Keeps the request, and what those are told who can answer it, together.</summary>
    private async Task TellAsync(JoinRow row, Person person, CancellationToken cancellation)
    {
        var place = await places.FindAsync(row.Territory, cancellation);
        var readers = await notices.ReadersAsync(NoticeAudience.Referent, row.Territory, place.Around, cancellation);
        var led = await Members(row.Territory).AnyAsync(grant => grant.Role == Grant.Referent, cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await db.SaveChangesAsync(cancellation);
        await db.JoinScopes.Where(part => part.Request == row.Id).ExecuteDeleteAsync(cancellation);
        db.JoinScopes.AddRange(place.Around.Distinct().Select(scope => new JoinScopeRow { Request = row.Id, Scope = scope }));
        await db.SaveChangesAsync(cancellation);
        await notices.KeepAsync(
            new NoticeRow
            {
                Id = "",
                Topic = NoticeTopics.JoinRequest.Name,
                Subject = row.Territory,
                Territory = row.Territory,
                Sentence = NoticeTexts.Kept(
                    NoticeSentence.Saying($"Une personne demande à agir pour {new TerritoryName(row.Territory)} et attend une réponse.")
                ),
                Path = (
                    led ? NoticeTarget.Of(Membership.Descriptor, row.Territory) : NoticeTarget.Of(JoinRequest.Descriptor, row.Id)
                ).Path!,
                Event = row.Id,
                HappenedAt = Now,
            },
            new Dictionary<string, string> { [row.Territory] = place.Name },
            [.. readers.Where(reader => reader != person.Id)],
            cancellation
        );
        await transaction.CommitAsync(cancellation);
    }

    private async Task<Person> PersonAsync(ServerCallContext context)
    {
        var id = Caller(context);
        return await db.Users.AsNoTracking().SingleOrDefaultAsync(person => person.Id == id, context.CancellationToken)
            ?? throw new Refusal(StatusCode.PermissionDenied, "NOT_A_PERSON", $"Cela demande le compte d’une personne.");
    }

    private static JoinRequest Message(JoinRow row, Person person) =>
        new()
        {
            Id = row.Id,
            Territory = row.Territory,
            Person = row.Person,
            Name = person.Name,
            Email = person.Email,
            Family = row.Family,
            Function = row.Function,
            Proof = row.Proof,
            AskedAt = Moment(row.AskedAt),
            Status = row.Status switch
            {
                JoinRow.Accepted => JoinRequestStatus.Accepted,
                JoinRow.Refused => JoinRequestStatus.Refused,
                _ => JoinRequestStatus.Open,
            },
            Reason = row.Reason,
        };
}
