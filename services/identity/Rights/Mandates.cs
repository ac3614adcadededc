using Fabrique.Identity.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

/// <summary>Mandates end, and delegations go on.</summary>
internal sealed partial class IdentityGrpc
{
    private const int MostTerritories = 100;

    public override async Task<SetMandateResponse> SetMandate(SetMandateRequest request, ServerCallContext context)
    {
        context.Demand(await SubjectAsync(request.Territory, context));
        var until = End("until", request.Until);
        var found = await (
            from grant in Members(request.Territory)
            join person in db.Users on grant.Person equals person.Id
            where grant.Person == request.Person
            select new { grant, person }
        ).FirstOrDefaultAsync(context.CancellationToken) ?? throw NotThere();
        if (request.Person != Caller(context))
        {
            await DemandToGiveAsync(found.grant.Grant, context);
        }
        var row = await rights.GiveAsync(Caller(context), found.grant.Person, found.grant.Grant, found.grant.Function, until);
        return new SetMandateResponse { Delegate = Message(row, found.person) };
    }

    public override async Task<PassLeadResponse> PassLead(PassLeadRequest request, ServerCallContext context)
    {
        context.Demand(await SubjectAsync(request.Territory, context));
        var row = await rights.PassLeadAsync(Caller(context), request.Person, request.Territory) ?? throw NotThere();
        var person = await db.Users.AsNoTracking().SingleAsync(person => person.Id == row.Person, context.CancellationToken);
        return new PassLeadResponse { Delegate = Message(row, person) };
    }

    public override async Task<ListLeadsResponse> ListLeads(ListLeadsRequest request, ServerCallContext context)
    {
        if (request.Territory.Count > MostTerritories)
        {
            throw Refusal.Invalid("territory", $"Demandez {MostTerritories} territoires au plus.");
        }
        // A facilitator of one territory asks for that one; the answer tells of others only that they are led.
        var (asked, now) = (request.Territory.ToList(), Now);
        var leads = await db
            .Grants.AsNoTracking()
            .Where(grant => grant.Role == Grant.Referent && asked.Contains(grant.Scope))
            .Select(grant => new { grant.Scope, grant.Until })
            .ToListAsync(context.CancellationToken);
        return new ListLeadsResponse
        {
            Leads =
            {
                leads
                    .GroupBy(lead => lead.Scope, lead => lead.Until ?? long.MaxValue)
                    .Select(group => new Lead
                    {
                        Territory = group.Key,
                        IsLed = group.Max() > now,
                        Until = group.Max() is var until && until < long.MaxValue ? Moment(until) : null,
                    }),
            },
        };
    }

    /// <summary>When a right ends, in Unix milliseconds; null when nothing ends it. An end that is past would be no right at all.</summary>
    private long? End(string field, Timestamp? until) =>
        until is null ? null
        : until.ToDateTimeOffset().ToUnixTimeMilliseconds() is var end && end > Now ? end
        : throw Refusal.Invalid(field, $"Cette date est passée : un mandat se termine un jour à venir.");

    private static Refusal NotThere() => Refusal.NotFound($"Cette personne n’est pas dans la délégation, ou son mandat a pris fin.");
}
