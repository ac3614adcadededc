using System.Globalization;
using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using static Fabrique.Check;

namespace Fabrique.Territories;

/// <summary>How a membership becomes active: the charter, then the delegation.</summary>
internal sealed partial class MembershipsGrpc
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override async Task<SignCharterResponse> SignCharter(SignCharterRequest request, ServerCallContext context)
    {
        var verb = new Verb<TerritoriesDb, Membership>("charter-signed", membership =>
            membership.Signed(request.Version, charters.Latest, request.Signatory, request.SignedOn, request.Deliberation, Today)
        )
        {
            Beside = (db, _, membership) => SignAsync(db, membership.Territory, request.Signatory, context.CancellationToken),
        };
        var signed = await AnswerAsync(writes.ChangeAsync(Kinds.Membership, Code(request.Territory), verb, context), context);
        if (signed.Status != MembershipStatus.CharterToSign)
        {
            return new SignCharterResponse { Membership = signed };
        }
        var families = await FamiliesAsync(signed.Territory, context);
        if (MembershipRules.Missing(families) is { Count: > 0 } missing)
        {
            signed.Missing.Add(missing);
            return new SignCharterResponse { Membership = signed };
        }
        return new SignCharterResponse { Membership = await ActivateAsync(signed.Territory, families, context) };
    }

    public override async Task<ActivateMembershipResponse> ActivateMembership(ActivateMembershipRequest request, ServerCallContext context)
    {
        var found = await records.FindAsync<Membership>(Code(request.Territory), context.CancellationToken)
            ?? throw Kinds.Membership.Missing();
        context.Demand(Kinds.Membership.SubjectOf(found.Body));
        return new ActivateMembershipResponse
        {
            Membership = await ActivateAsync(found.Body.Territory, await FamiliesAsync(found.Body.Territory, context), context),
        };
    }

    public override async Task<EraseSignatoryResponse> EraseSignatory(EraseSignatoryRequest request, ServerCallContext context)
    {
        var found = await records.FindAsync<Membership>(Code(request.Territory), context.CancellationToken)
            ?? throw Kinds.Membership.Missing();
        context.Demand(Kinds.Membership.SubjectOf(found.Body));
        await using var db = await databases.CreateDbContextAsync(context.CancellationToken);
        await db.Signatories.Where(row => row.Territory == found.Body.Territory).ExecuteDeleteAsync(context.CancellationToken);
        return new EraseSignatoryResponse();
    }

    private Task<Membership> ActivateAsync(string territory, IReadOnlyDictionary<string, int> families, ServerCallContext context) =>
        AnswerAsync(
            writes.ChangeAsync(
                Kinds.Membership,
                territory,
                new("activated", membership => membership.Activated(families, Today)) { Beside = Telling(context) },
                context
            ),
            context
        );

    /// <summary>How many people stand for each family, by the service that knows them.</summary>
    private async Task<IReadOnlyDictionary<string, int>> FamiliesAsync(string territory, ServerCallContext context)
    {
        try
        {
            var deadline = clock.GetUtcNow().UtcDateTime + Patience;
            return (
                await identity.GetDelegationAsync(
                    new() { Territory = territory },
                    deadline: deadline,
                    cancellationToken: context.CancellationToken
                )
            ).Families.AsReadOnly();
        }
        catch (RpcException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw new Refusal(
                StatusCode.Unavailable,
                "DELEGATION_UNKNOWN",
                $"Nous n’avons pas pu vérifier la composition de votre délégation. Votre signature est conservée : recommencez dans un moment."
            );
        }
    }

    private static async Task SignAsync(TerritoriesDb db, string territory, Signatory signatory, CancellationToken cancellation)
    {
        await db.Signatories.Where(row => row.Territory == territory).ExecuteDeleteAsync(cancellation);
        db.Signatories.Add(
            new SignatoryRow
            {
                Territory = territory,
                Name = signatory.Name,
                Function = signatory.Function,
            }
        );
    }
}

internal static partial class MembershipRules
{
    private const int MaxReference = 200;
    private const int MaxName = 120;

    /// <summary>Without one of each no membership is active: who decides, and who does.</summary>
    private static readonly string[] Needed = ["ELU", "AGENT"];

    extension(Membership membership)
    {
        /// <summary>
        /// The charter signed: by a territory that was accepted, or by one that is active and never signed this version. Being active is
        /// decided by <see cref="Activated"/>.
        /// </summary>
        public Membership? Signed(string version, string latest, Signatory? signatory, string signedOn, string deliberation, DateOnly today)
        {
            if (membership.Status is not (MembershipStatus.CharterToSign or MembershipStatus.Active))
            {
                throw WrongStatus();
            }
            var day = signedOn.Length > 0 ? signedOn : Day(today);
            var isDay = DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date);
            var (name, function) = (signatory?.Name ?? "", signatory?.Function ?? "");
            Refuse([
                .. Rule("version", version != latest, $"La charte a une nouvelle version, la {latest} : relisez-la avant de la signer."),
                .. Rule("signatory.name", name.Trim().Length == 0, $"Indiquez qui signe."),
                .. Rule("signatory.name", name.Length > MaxName, $"Ce nom est trop long : {MaxName} caractères au plus."),
                .. Rule("signatory.function", function.Trim().Length == 0, $"Indiquez la fonction de la personne qui signe."),
                .. Rule("signatory.function", function.Length > MaxName, $"Cette fonction est trop longue : {MaxName} caractères au plus."),
                .. Rule("signedOn", !isDay, $"Écrivez le jour de la signature ainsi : 2026-03-17."),
                .. Rule("signedOn", isDay && date > today, $"Ce jour n’est pas encore venu."),
                .. Rule(
                    "deliberation",
                    deliberation.Length > MaxReference,
                    $"Cette référence est trop longue : {MaxReference} caractères au plus."
                ),
            ]);
            var signed = membership.Clone();
            (signed.CharterVersion, signed.CharterSignedOn, signed.Deliberation) = (version, day, deliberation.Trim());
            signed.ActiveOn = signed.Status == MembershipStatus.Active ? Day(today) : signed.ActiveOn;
            return signed.Equals(membership) ? null : signed;
        }

        /// <summary>Active from today on. Refuses without a signed charter, and without somebody of each family that is needed.</summary>
        /// <param name="families">How many people stand for each family of the vocabulary Role4F.</param>
        /// <param name="today">In the time of the node.</param>
        public Membership? Activated(IReadOnlyDictionary<string, int> families, DateOnly today)
        {
            if (membership.Status == MembershipStatus.CharterToSign && membership.CharterSignedOn.Length == 0)
            {
                throw new Refusal(StatusCode.FailedPrecondition, "CHARTER_NOT_SIGNED", $"La charte n’est pas encore signée.");
            }
            if (membership.Status == MembershipStatus.CharterToSign && Missing(families) is { Count: > 0 } missing)
            {
                throw new Refusal(
                    StatusCode.FailedPrecondition,
                    "DELEGATION_INCOMPLETE",
                    $"Il manque à votre délégation : {string.Join(", ", missing.Select(Vocabulary.Role4F.Label))}. Invitez cette personne, puis recommencez."
                )
                {
                    Details = { ["families"] = string.Join(' ', missing) },
                };
            }
            return membership.Become(MembershipStatus.Active, [MembershipStatus.CharterToSign], active =>
                active.StartedOn = active.ActiveOn = Day(today)
            );
        }
    }

    /// <summary>The families of which somebody is still needed.</summary>
    public static IReadOnlyList<string> Missing(IReadOnlyDictionary<string, int> families) =>
        [.. Needed.Where(family => families.GetValueOrDefault(family) < 1)];
}
