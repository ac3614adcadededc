using Fabrique.Identity.V1;

namespace Fabrique.Portal.Memberships;

/// <summary>What facilitators read of who leads a delegation: whether somebody does, and until when.</summary>
internal static class LeadWords
{
    /// <param name="leads">What the identity service said; null while it says nothing.</param>
    /// <param name="territory">Whose delegation.</param>
    public static string Of(ListLeadsResponse? leads, string territory) =>
        leads is null
            ? T["inconnue pour l’instant"]
            : leads.Leads.FirstOrDefault(lead => lead.Territory == territory) switch
            {
                null => T["à désigner"],
                { IsLed: false, Until: var ended } => T["mandat terminé le {0} : à renouveler", Show.Date(ended)],
                { Until: { } until } => T["jusqu’au {0}", Show.Date(until)],
                _ => T["assurée"],
            };
}
