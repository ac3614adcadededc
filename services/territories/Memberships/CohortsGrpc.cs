using System.Text.RegularExpressions;
using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using static Fabrique.Check;

namespace Fabrique.Territories;

/// <summary>The contract of cohorts.</summary>
internal sealed partial class CohortsGrpc(
    RecordStore<TerritoriesDb> records,
    Writes<TerritoriesDb> writes,
    IDbContextFactory<TerritoriesDb> databases,
    OfficialDirectory directory
) : CohortService.CohortServiceBase
{
    private const int MostMembers = 200;

    public override async Task<ListCohortsResponse> ListCohorts(ListCohortsRequest request, ServerCallContext context)
    {
        var size = Paging.Size(request.PageSize);
        var after = Paging.Position<Position>(new ListCohortsRequest(), request.PageToken);
        await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
        var rows = db.Cohorts.AsNoTracking();
        rows = after is null
            ? rows
            : rows.Where(row =>
                row.StartsOn.CompareTo(after.StartsOn) < 0 || (row.StartsOn == after.StartsOn && row.Code.CompareTo(after.Code) > 0)
            );
        var page = await rows.OrderByDescending(row => row.StartsOn)
            .ThenBy(row => row.Code)
            .Take(size + 1)
            .ToListAsync(context.CancellationToken);
        var codes = page.Select(row => row.Code).ToArray();
        var counts = await db
            .Members.Where(row => codes.Contains(row.Cohort))
            .GroupBy(row => row.Cohort)
            .Select(group => new { group.Key, Count = group.Count() })
            .ToDictionaryAsync(group => group.Key, group => group.Count, context.CancellationToken);
        return new ListCohortsResponse
        {
            Cohorts = { page.Take(size).Select(row => Cohort(row, counts.GetValueOrDefault(row.Code))) },
            NextPageToken =
                page.Count > size ? Paging.Token(new ListCohortsRequest(), new Position(page[size - 1].StartsOn, page[size - 1].Code)) : "",
        };
    }

    public override async Task<GetCohortResponse> GetCohort(GetCohortRequest request, ServerCallContext context)
    {
        var found = await records.FindAsync<Cohort>(request.Code, context.CancellationToken) ?? throw Kinds.Cohort.Missing();
        await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
        var members = await db
            .Members.Where(row => row.Cohort == found.Body.Code)
            .OrderBy(row => row.Id)
            .Take(MostMembers)
            .Select(row => row.Body)
            .ToListAsync(context.CancellationToken);
        return new GetCohortResponse
        {
            Cohort = new Cohort(found.Body) { Record = found.Info, MemberCount = members.Count },
            Members = { members.Select(Membership.Parser.ParseFrom).OrderBy(member => member.Name, StringComparer.Ordinal) },
        };
    }

    public override async Task<SaveCohortResponse> SaveCohort(SaveCohortRequest request, ServerCallContext context)
    {
        var told = Tidied(request.Cohort ?? throw Refusal.Invalid("cohort", $"Envoyez la cohorte."));
        var verb = new Verb<TerritoriesDb, Cohort>(
            (before, _) => before is null ? "opened" : "revised",
            writing =>
                writing.Current is not null && request.Version == 0
                    ? throw Refusal.Invalid("code", $"Une cohorte a déjà ce code : choisissez-en un autre.")
                    : ValueTask.FromResult(told.Equals(writing.Current?.Body) ? null : told)
        )
        {
            Creates = true,
            // Whoever facilitates it may change it; moving it to another region asks for the right there too.
            For = Kinds.Cohort.SubjectOf(told),
            Version = request.Version == 0 ? null : request.Version,
        };
        var saved = await writes.ChangeAsync(Kinds.Cohort, told.Code, verb, context);
        return new SaveCohortResponse { Cohort = new Cohort(saved.Body) { Record = saved.Info } };
    }

    private Cohort Tidied(Cohort cohort)
    {
        var told = new Cohort(cohort) { Record = null, MemberCount = 0 };
        Refuse([
            .. Rule(
                "code",
                !CodeShape().IsMatch(told.Code),
                $"Un code a de 2 à 40 lettres sans accent, chiffres et tirets, une lettre d’abord : occitanie-2026."
            ),
            .. Rule("name", told.Name.Length == 0, $"Donnez un nom à la cohorte."),
            .. Texts.TooLong(told, field => field == "description" ? 2_000 : 120),
            .. Rule("startsOn", told.StartsOn.Length != 10, $"Écrivez le jour où elle commence ainsi : 2026-03-17."),
            .. Date("startsOn", told.StartsOn),
            .. Rule("endsOn", told.EndsOn.Length is not (0 or 10), $"Écrivez le jour où elle finit ainsi : 2026-03-17."),
            .. Date("endsOn", told.EndsOn),
            .. Rule(
                "endsOn",
                told.EndsOn.Length > 0 && string.CompareOrdinal(told.EndsOn, told.StartsOn) < 0,
                $"La cohorte ne peut pas finir avant de commencer."
            ),
            .. Rule(
                "region",
                told.Region.Length > 0 && directory.Find($"R{told.Region}") is null,
                $"Aucune région n’a ce code : 32 pour les Hauts-de-France, 76 pour l’Occitanie."
            ),
        ]);
        return told;
    }

    private static Cohort Cohort(CohortRow row, int members)
    {
        var cohort = V1.Cohort.Parser.ParseFrom(row.Body);
        cohort.MemberCount = members;
        return cohort;
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{1,39}$")]
    private static partial Regex CodeShape();

    private sealed record Position(string StartsOn, string Code);
}
