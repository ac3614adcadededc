using System.Security.Claims;

namespace Fabrique.Portal.Common;

internal static class ChosenTerritories
{
    /// <summary>
    /// The territory that a page of a delegation is about: the one its address names, else the first; empty when the visitor writes for
    /// none.
    /// </summary>
    public static string ChosenTerritory(this ClaimsPrincipal visitor, string? named)
    {
        var codes = visitor.WritableTerritories();
        return named is not null && codes.Contains(named) ? named
            : codes is [var first, ..] ? first
            : "";
    }

    /// <summary>Whether the visitor leads the delegation of the territory.</summary>
    public static bool Leads(this ClaimsPrincipal visitor, string territory) =>
        visitor.Grants().Any(grant => grant.Role == Grant.Referent && grant.Scope == territory);
}
