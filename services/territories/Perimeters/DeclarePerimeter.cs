using Fabrique.Records;
using Fabrique.Territories.V1;
using Grpc.Core;
using static Fabrique.Check;

namespace Fabrique.Territories;

/// <summary>How a perimeter comes to be.</summary>
internal sealed partial class PerimetersGrpc
{
    public override async Task<DeclarePerimeterResponse> DeclarePerimeter(DeclarePerimeterRequest request, ServerCallContext context)
    {
        request.Siren = OfficialDirectory.Code(request.Siren);
        var members = Members(request.Members);
        if (request.DeclaredBy.Length > 0)
        {
            context.Demand(request.DeclaredBy, "member");
        }
        if (
            request.Siren.Length > 0
            && (await directory.SearchAsync(new(request.Siren), 0, 1, context.CancellationToken)).Territories is [var official]
        )
        {
            throw Refusal.Invalid(
                "siren",
                $"Ce numéro SIREN est celui de {official.Name}, qui est déjà dans l’annuaire : cherchez-la plutôt par son nom."
            );
        }
        if (await OfficialAsync(request, context.CancellationToken) is { } same)
        {
            throw Refusal.Invalid(
                "name",
                $"« {same.Name} » est déjà dans l’annuaire : demandez plutôt à la rejoindre. Si c’est un autre organisme, donnez-lui le nom qui l’en distingue."
            );
        }
        var id = PerimeterRules.IdOf(request.Siren, members, Guid.CreateVersion7(clock.GetUtcNow()));
        var verb = new Verb<TerritoriesDb, Perimeter>("declared", async writing =>
        {
            if (request.DeclaredBy.Length > 0)
            {
                await ActiveMembers.DemandAsync(writing.Db, request.DeclaredBy, context.CancellationToken);
            }
            var declared = PerimeterRules.Declared(writing.Current?.Body, request, id, members, Today);
            if (!request.Distinct && await NearAsync(writing.Db, declared, context.CancellationToken) is { Count: > 0 } near)
            {
                throw Refusal.Invalid(
                    "distinct",
                    $"Un nom très proche existe déjà dans ce département : {string.Join(", ", near)}. Si c’est bien un autre périmètre, cochez la case."
                );
            }
            return declared;
        })
        {
            Creates = true,
            // Anybody with an account declares; a facilitator looks at it.
            IsOpen = true,
        };
        return new DeclarePerimeterResponse { Perimeter = Resource(await writes.ChangeAsync(Kinds.Perimeter, id, verb, context)) };
    }
}

internal static partial class PerimeterRules
{
    /// <summary>
    /// Whether what is declared is an official grouping under another spelling: the same name but for the legal form, and either the form
    /// of that grouping in it, or none and no kind of its own. A rural hub or a park often has the name of the country that a grouping has
    /// too.
    /// </summary>
    public static bool IsOfficial(DeclarePerimeterRequest asked, Territory official)
    {
        var kinds = LegalForms.Split(Names.Words(asked.Name)).Kinds;
        return Essential(asked.Name).SequenceEqual(Essential(official.Name))
            && (kinds.Count == 0 ? asked.Kind == "AUT" : kinds.Contains(official.Kind));
    }

    /// <summary>Kinds that are declared, and whether a body of that kind always has a SIREN.</summary>
    public static readonly IReadOnlyDictionary<string, bool> Kinds = new Dictionary<string, bool>
    {
        ["PETR"] = true,
        ["PNR"] = true,
        ["SYN"] = true,
        ["AUT"] = false,
    };

    /// <summary>What somebody declares; refuses, field by field, what no facilitator needs to look at.</summary>
    /// <param name="current">What was declared under the same code before; null for the first time.</param>
    /// <param name="asked">The question, tidied.</param>
    /// <param name="id">Its code: see <see cref="IdOf"/>.</param>
    /// <param name="members">The territories of the question's codes, in its order; null where no commune or grouping has the code.</param>
    public static Perimeter Declared(
        Perimeter? current,
        DeclarePerimeterRequest asked,
        string id,
        IReadOnlyList<Territory?> members,
        DateOnly today
    )
    {
        Refuse([
            .. Rule(
                "kind",
                !Kinds.ContainsKey(asked.Kind),
                $"Choisissez ce que c’est : {string.Join(", ", Kinds.Keys.Select(Vocabulary.TerritoryKind.Label))}."
            ),
            .. Named(asked.Name),
            .. Rule(
                "siren",
                asked.Siren.Length == 0 && Kinds.GetValueOrDefault(asked.Kind),
                $"Donnez le numéro SIREN : un tel organisme en a toujours un."
            ),
            .. Rule(
                "siren",
                asked.Siren.Length > 0 && !IsSiren(asked.Siren),
                $"Ce n’est pas un numéro SIREN : neuf chiffres, dont le dernier vérifie les autres. Relisez-le."
            ),
            .. Day("validFrom", asked.ValidFrom, today, mandatory: true),
            .. Members(asked.Members, members),
            .. Rule(
                "members",
                asked.DeclaredBy.Length > 0 && members.All(member => member is not null && member.Id != asked.DeclaredBy),
                $"Votre territoire doit être dans la liste : un périmètre est déclaré par ses membres."
            ),
        ]);
        if (current is { Status: not PerimeterStatus.Refused })
        {
            throw new Refusal(
                StatusCode.AlreadyExists,
                "ALREADY_DECLARED",
                current.Status == PerimeterStatus.Confirmed
                    ? (FormattableString)
                        $"« {current.Name} » porte déjà ce numéro SIREN, et se trouve par la recherche : demandez à le rejoindre."
                    : $"« {current.Name} » porte déjà ce numéro SIREN : sa déclaration attend la réponse des facilitateurs."
            );
        }
        var (department, region) = Place(members!);
        return new Perimeter
        {
            Id = id,
            Kind = asked.Kind,
            Name = asked.Name,
            Siren = asked.Siren,
            Members = { members.DistinctBy(member => member!.Id).Select(member => Member(member!, asked.ValidFrom)) },
            ValidFrom = asked.ValidFrom,
            Status = PerimeterStatus.Declared,
            DeclaredBy = asked.DeclaredBy,
            DeclaredOn = Day(today),
            Department = department,
            Region = region,
        };
    }

    /// <summary>
    /// The code of a perimeter: the SIREN of its body, else one that is drawn. One whose members were invented stays at home.
    /// </summary>
    public static string IdOf(string siren, IEnumerable<Territory?> members, Guid drawn) =>
        (members.Any(member => member is not null && Fictional.Is(member.Id)) ? Fictional.Prefix : "")
        + (IsSiren(siren) ? siren : $"P{$"{drawn:N}"[^12..].ToUpperInvariant()}");

    /// <summary>Whether a number can be a SIREN: nine digits that satisfy the formula of Luhn.</summary>
    public static bool IsSiren(string number) =>
        number.Length == 9
        && number.All(char.IsAsciiDigit)
        && number.Reverse().Select((digit, at) => (digit - '0') * (at % 2 == 0 ? 1 : 2)).Sum(digit => digit > 9 ? digit - 9 : digit) % 10
            == 0;
}
