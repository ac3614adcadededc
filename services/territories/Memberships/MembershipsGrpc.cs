using Fabrique.Identity.V1;
using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Territories;

/// <summary>The contract of memberships. The writes are in the files that bear their names.</summary>
internal sealed partial class MembershipsGrpc(
    RecordStore<TerritoriesDb> records,
    Writes<TerritoriesDb> writes,
    IDbContextFactory<TerritoriesDb> databases,
    OfficialDirectory directory,
    Places places,
    Charters charters,
    Notices<TerritoriesDb> notices,
    IdentityService.IdentityServiceClient identity,
    TimeProvider clock
) : MembershipService.MembershipServiceBase
{
    private DateOnly Today => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    public override async Task<GetMembershipResponse> GetMembership(GetMembershipRequest request, ServerCallContext context)
    {
        var found = await records.FindAsync<Membership>(Code(request.Territory), context.CancellationToken);
        return found is not null && (found.Body.IsOpen || MayReadWhole(found.Body, context))
            ? new GetMembershipResponse { Membership = await ResourceAsync(found, context) }
            : throw Kinds.Membership.Missing();
    }

    public override async Task<ListMembershipsResponse> ListMemberships(ListMembershipsRequest request, ServerCallContext context)
    {
        var size = Paging.Size(request.PageSize);
        var filter = new ListMembershipsRequest(request) { PageSize = 0, PageToken = "" };
        var after = Paging.Position<Position>(filter, request.PageToken);
        var scopes = context
            .Caller()
            .Grants()
            .Where(grant => grant.Role == Grant.Facilitator && grant.Scope.Length > 0)
            .Select(grant => grant.Scope)
            .Distinct()
            .ToArray();
        var everywhere = scopes.Contains(Grant.Everywhere);

        await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
        var rows = db
            .Memberships.AsNoTracking()
            .Where(row => everywhere || scopes.Contains(row.Region) || scopes.Contains(row.Cohort) || scopes.Contains(row.Id));
        rows = request.Status.Count > 0 ? rows.Where(row => request.Status.Contains(row.Status)) : rows;
        rows = request.Cohort.Length > 0 ? rows.Where(row => row.Cohort == request.Cohort) : rows;
        rows = after is null
            ? rows
            : rows.Where(row => row.ChangedAt > after.ChangedAt || (row.ChangedAt == after.ChangedAt && row.Id.CompareTo(after.Id) > 0));
        var page = await rows.OrderBy(row => row.ChangedAt).ThenBy(row => row.Id).Take(size + 1).ToListAsync(context.CancellationToken);
        return new ListMembershipsResponse
        {
            Memberships = { page.Take(size).Select(row => Membership.Parser.ParseFrom(row.Body)) },
            NextPageToken = page.Count > size ? Paging.Token(filter, new Position(page[size - 1].ChangedAt, page[size - 1].Id)) : "",
        };
    }

    public override Task<GetCharterResponse> GetCharter(GetCharterRequest request, ServerCallContext context) =>
        Task.FromResult(
            new GetCharterResponse
            {
                Charter = charters.Find(request.Version) ?? throw Refusal.NotFound($"Cette version de la charte n’existe pas."),
            }
        );

    /// <summary>Changes the membership of a territory, and tells its delegation what became of it.</summary>
    private async Task<Membership> ChangeAsync(string territory, Verb<TerritoriesDb, Membership> verb, ServerCallContext context)
    {
        var told = verb with
        {
            Beside = async (db, before, after) =>
            {
                notices.Tell(db, after, before?.Status ?? MembershipStatus.Unspecified, context.Caller().FindFirst("sub")?.Value ?? "");
                await (verb.Beside?.Invoke(db, before, after) ?? Task.CompletedTask);
            },
        };
        return await ResourceAsync(await writes.ChangeAsync(Kinds.Membership, Code(territory), told, context), context);
    }

    /// <summary>With what is filled on reading, as far as the caller may see it.</summary>
    private async Task<Membership> ResourceAsync(Versioned<Membership> stored, ServerCallContext context)
    {
        var membership = stored.Body.Clone();
        (membership.Record, membership.FamiliesDueOn) = (stored.Info, stored.Body.FamiliesDueOn());
        if (MayReadWhole(membership, context))
        {
            await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
            var signatory = await db
                .Signatories.AsNoTracking()
                .SingleOrDefaultAsync(row => row.Territory == membership.Territory, context.CancellationToken);
            membership.Signatory = signatory is null ? null : new Signatory { Name = signatory.Name, Function = signatory.Function };
        }
        return membership;
    }

    /// <summary>A former code is another name of the same territory.</summary>
    private string Code(string territory) => directory.Find(territory)?.Id ?? territory;

    // What one may see does not depend on which call shows it.
    private static bool MayReadWhole(Membership membership, ServerCallContext context) =>
        context.Caller().Allows("fabrique.territories.v1.MembershipService/GetMembership:whole", Kinds.Membership.SubjectOf(membership));

    private sealed record Position(long ChangedAt, string Id);
}
