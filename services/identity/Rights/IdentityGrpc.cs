using System.Globalization;
using Fabrique.Identity.V1;
using Fabrique.Storage;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using GrantMessage = Fabrique.Identity.V1.Grant;

namespace Fabrique.Identity;

/// <summary>The contract of rights. Invitations and requests are in Joining, mandates beside this file, notices in Notices.</summary>
internal sealed partial class IdentityGrpc(
    IdentityDb db,
    RightsKeeper rights,
    RevocationLog revocations,
    Links links,
    Mails mails,
    NoticeKeeper notices,
    Places places,
    Inviters inviters,
    NodeSite site,
    NodeKey node,
    UserManager<Person> people,
    TimeProvider clock
) : IdentityService.IdentityServiceBase
{
    private const int Most = 200;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public override async Task<GetDelegationResponse> GetDelegation(GetDelegationRequest request, ServerCallContext context)
    {
        // A person counts once, whatever an earlier release let them hold: as who leads, then as who came first.
        var members = (
            await Members(request.Territory)
                .Select(grant => new
                {
                    grant.Person,
                    grant.Family,
                    grant.Role,
                    grant.Since,
                })
                .ToListAsync(context.CancellationToken)
        ).OrderBy(grant => grant.Role == Grant.Referent ? 0 : 1).ThenBy(grant => grant.Since).DistinctBy(grant => grant.Person).ToList();
        var response = new GetDelegationResponse { HasReferent = members.Any(member => member.Role == Grant.Referent) };
        if (
            await context.IsOfThisNodeAsync()
            && await (
                from grant in Members(request.Territory)
                join person in db.Users on grant.Person equals person.Id
                select (long?)person.SeenAt
            ).MaxAsync(context.CancellationToken)
                is { } seen
        )
        {
            response.SeenOn = DateTimeOffset.FromUnixTimeMilliseconds(seen).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        }
        foreach (var family in members.Where(member => member.Family.Length > 0).CountBy(member => member.Family))
        {
            response.Families[family.Key] = family.Value;
        }
        return response;
    }

    public override async Task<ListDelegatesResponse> ListDelegates(ListDelegatesRequest request, ServerCallContext context)
    {
        context.Demand(await SubjectAsync(request.Territory, context));
        var members = await (
            from grant in Members(request.Territory)
            join person in db.Users on grant.Person equals person.Id
            orderby person.Name, person.Id
            select new { grant, person }
        )
            .Take(Most)
            .ToListAsync(context.CancellationToken);
        return new ListDelegatesResponse { Delegates = { members.Select(member => Message(member.grant, member.person)) } };
    }

    public override async Task<GiveGrantResponse> GiveGrant(GiveGrantRequest request, ServerCallContext context)
    {
        var grant = await ReadNewAsync(request.Grant, context);
        var email = people.NormalizeEmail(request.Email);
        var person = await db
            .Users.AsNoTracking()
            .SingleOrDefaultAsync(
                person => request.Person.Length > 0 ? person.Id == request.Person : person.NormalizedEmail == email,
                context.CancellationToken
            );
        if (person is null)
        {
            throw Refusal.NotFound($"Personne n’a de compte sous ce nom : envoyez une invitation.");
        }
        var row = await rights.GiveAsync(
            Caller(context),
            person.Id,
            grant,
            request.Grant.Function,
            End("grant.until", request.Grant.Until)
        );
        await TellDelegationAsync(
            grant,
            row.Person,
            NoticeSentence.Saying(
                $"Une personne est entrée dans la délégation de {new TerritoryName(grant.Scope)}, par une décision prise hors d’elle."
            ),
            context
        );
        return new GiveGrantResponse { Delegate = Message(row, person) };
    }

    public override async Task<RemoveGrantResponse> RemoveGrant(RemoveGrantRequest request, ServerCallContext context)
    {
        if (request.Person != Caller(context))
        {
            // The family does not tell one right from another.
            await DemandToGiveAsync(new Grant(request.Grant?.Role ?? "", request.Grant?.Scope ?? ""), context);
        }
        var (role, scope) = (request.Grant?.Role ?? "", request.Grant?.Scope ?? "");
        if (
            !await rights.EndAsync(Caller(context), request.Person, role, scope)
            && role == Grant.Steward
            && await db.Grants.AnyAsync(
                grant => grant.Person == request.Person && grant.Role == role && grant.Scope == scope,
                context.CancellationToken
            )
        )
        {
            throw new Refusal(
                StatusCode.FailedPrecondition,
                "LAST_STEWARD",
                $"Personne d’autre ne gère cette installation : donnez d’abord ce droit à quelqu’un."
            );
        }
        return new RemoveGrantResponse();
    }

    public override async Task WatchRevocations(
        WatchRevocationsRequest request,
        IServerStreamWriter<WatchRevocationsResponse> responseStream,
        ServerCallContext context
    )
    {
        await foreach (var revoked in revocations.ReadAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(revoked, context.CancellationToken);
        }
    }

    private IQueryable<GrantRow> Members(string territory)
    {
        var now = Now;
        return db
            .Grants.AsNoTracking()
            .Where(grant =>
                grant.Scope == territory
                && (grant.Role == Grant.Delegate || grant.Role == Grant.Referent)
                && (grant.Until == null || grant.Until > now)
            );
    }

    /// <summary>The person who calls; "" for a program of the node.</summary>
    private static string Caller(ServerCallContext context) => context.Caller().FindFirst("sub")?.Value ?? "";

    /// <summary>Where the caller facilitates.</summary>
    private static IEnumerable<string> Facilitated(ServerCallContext context) =>
        context.Caller().Grants().Where(grant => grant.Role == Grant.Facilitator && grant.Scope.Length > 0).Select(grant => grant.Scope);

    /// <summary>
    /// What a call about a territory is about: it, in the node; and what it is in, for those who facilitate a part of the network.
    /// </summary>
    private async Task<Subject> SubjectAsync(string territory, ServerCallContext context) =>
        new(
            [territory],
            Facilitated(context).Any(scope => scope != Grant.Everywhere)
                ? [node.Node, .. (await places.FindAsync(territory, context.CancellationToken)).Around]
                : [node.Node]
        );

    /// <summary>
    /// The grant of a request, if the caller may give it: a referent those of delegates at home, a facilitator also that of referent, a
    /// steward any.
    /// </summary>
    private async Task<Grant> ReadAsync(GrantMessage? message, ServerCallContext context)
    {
        var told = message ?? throw Refusal.Invalid("grant", $"Indiquez le droit.");
        var grant = new Grant(told.Role, told.Scope, told.Family);
        if (!Grant.Roles.Contains(grant.Role))
        {
            throw Refusal.Invalid("grant.role", $"Ce rôle n’existe pas : choisissez parmi {string.Join(", ", Grant.Roles)}.");
        }
        if (grant.Role is Grant.Delegate or Grant.Referent ? !Vocabulary.Role4F.Contains(grant.Family) : grant.Family.Length > 0)
        {
            throw Refusal.Invalid("grant.family", $"Indiquez la famille d’acteurs : {string.Join(", ", Vocabulary.Role4F.Codes)}.");
        }
        if (told.Function.Length > 120)
        {
            throw Refusal.Invalid("grant.function", $"Ce texte est trop long : {120} caractères au plus, il en a {told.Function.Length}.");
        }
        await DemandToGiveAsync(grant, context);
        if (!Grant.Holds(grant.Role, grant.Scope))
        {
            throw Refusal.Invalid("grant.scope", $"Indiquez où ce droit s’exerce : celui d’un délégué, dans un territoire.");
        }
        return grant;
    }

    /// <summary>
    /// Refuses whoever may not give this right: whatever gives, ends or lengthens one, or takes an invitation to it back, asks the same.
    /// </summary>
    private async Task DemandToGiveAsync(Grant grant, ServerCallContext context)
    {
        const string line = "fabrique.identity.v1.IdentityService/GiveGrant";
        var part = grant.Role switch
        {
            Grant.Delegate => "",
            Grant.Referent => ":territory",
            _ => ":any",
        };
        if (!context.Caller().Allows(line + part, await SubjectAsync(grant.Scope, context)))
        {
            throw new Refusal(
                StatusCode.PermissionDenied,
                "NOT_YOURS_TO_GIVE",
                $"Vos droits ne permettent pas de donner ou de retirer celui-ci."
            );
        }
    }

    /// <summary>
    /// The grant of a request that gives or promises it, in a territory that there is; who ends one need not ask for that.
    /// </summary>
    private async Task<Grant> ReadNewAsync(GrantMessage? message, ServerCallContext context)
    {
        var grant = await ReadAsync(message, context);
        return grant.Role is Grant.Delegate or Grant.Referent
            ? grant with
            {
                Scope = await places.CodeOfAsync(grant.Scope, "grant.scope", context.CancellationToken),
            }
            : grant;
    }

    private static GrantMessage Message(GrantRow row) =>
        new()
        {
            Role = row.Role,
            Scope = row.Scope,
            Family = row.Family,
            Function = row.Function,
            Since = Moment(row.Since),
            Until = row.Until is { } until ? Moment(until) : null,
        };

    private static Timestamp Moment(long milliseconds) =>
        Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));

    private static V1.Delegate Message(GrantRow row, Person person) =>
        new()
        {
            Person = person.Id,
            Name = person.Name,
            Email = EmailAddress.Show(person.Email!),
            Grant = Message(row),
        };
}
