using System.Security.Claims;
using System.Text.RegularExpressions;

namespace Fabrique;

/// <summary>A right: a role, and where it holds.</summary>
/// <param name="Role">One of the constants.</param>
/// <param name="Scope">
/// Official code of a territory, "R32" for a region, the code of a cohort, the name of a node for a steward; <see cref="Everywhere"/>.
/// </param>
/// <param name="Family">Vocabulary Role4F: which of the four actor families a delegate stands for; otherwise empty.</param>
public readonly partial record struct Grant(string Role, string Scope, string Family = "")
{
    /// <summary>The claim of a token that bears a grant.</summary>
    public const string Claim = "grant";

    /// <summary>May write in the name of a territory.</summary>
    public const string Delegate = "delegate";

    /// <summary>Leads a territory's delegation: a delegate who also invites and removes others.</summary>
    public const string Referent = "referent";

    /// <summary>Examines requests, runs cohorts, matches peers.</summary>
    public const string Facilitator = "facilitator";

    /// <summary>Sees the aggregates that are not public.</summary>
    public const string Observer = "observer";

    /// <summary>Looks after a node.</summary>
    public const string Steward = "steward";

    /// <summary>A scope that includes every other.</summary>
    public const string Everywhere = "*";

    /// <summary>The roles, from the one that most people have.</summary>
    public static readonly IReadOnlyList<string> Roles = [Delegate, Referent, Facilitator, Observer, Steward];

    /// <summary>Whether a right of this role can hold in this scope: a delegate's in one territory, and every scope is one word.</summary>
    public static bool Holds(string role, string scope) =>
        scope == Everywhere ? role is not (Delegate or Referent or Steward) : Roles.Contains(role) && Scopes().IsMatch(scope);

    /// <summary>"delegate:62528:AGENT", as a token bears it. What is no right is not read as another.</summary>
    public override string ToString() => $"{Role}:{Scope.Replace(':', ';')}{(Family.Length > 0 ? ":" : "")}{Family}";

    /// <summary>Reads what <see cref="ToString"/> wrote; any other text is no right anywhere.</summary>
    public static Grant Parse(string text) =>
        text.Split(':') switch
        {
            [var role, var scope, var family] when Holds(role, scope) => new(role, scope, family),
            [var role, var scope] when Holds(role, scope) => new(role, scope),
            _ => new("", ""),
        };

    // Codes of territories, regions and cohorts, names of nodes.
    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9-]{0,39}\z")]
    private static partial Regex Scopes();
}

/// <summary>The grants of whoever calls.</summary>
public static class GrantClaims
{
    public static IEnumerable<Grant> Grants(this ClaimsPrincipal person) =>
        person.FindAll(Grant.Claim).Select(claim => Grant.Parse(claim.Value));

    /// <summary>The territories in whose name the person may write.</summary>
    public static IReadOnlyList<string> WritableTerritories(this ClaimsPrincipal person) =>
        [.. person.Grants().Where(grant => grant.Role is Grant.Delegate or Grant.Referent).Select(grant => grant.Scope).Distinct()];
}
