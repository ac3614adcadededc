using Fabrique.Territories.V1;

namespace Fabrique.Portal.Memberships;

/// <summary>What people call the stages of a membership.</summary>
internal static class MembershipWords
{
    /// <summary>The stages by the word that addresses use for them, in the order in which they come.</summary>
    public static readonly IReadOnlyList<(string Word, MembershipStatus Status)> Stages =
    [
        ("demandes", MembershipStatus.Submitted),
        ("examen", MembershipStatus.Examined),
        ("charte", MembershipStatus.CharterToSign),
        ("actifs", MembershipStatus.Active),
        ("sommeil", MembershipStatus.Asleep),
        ("refus", MembershipStatus.Refused),
        ("departs", MembershipStatus.Left),
    ];

    public static string Of(MembershipStatus status) =>
        status switch
        {
            MembershipStatus.Submitted => T["demande reçue"],
            MembershipStatus.Examined => T["à l’examen"],
            MembershipStatus.Refused => T["refusée"],
            MembershipStatus.CharterToSign => T["charte à signer"],
            MembershipStatus.Active => T["active"],
            MembershipStatus.Asleep => T["en sommeil"],
            MembershipStatus.Left => T["terminée"],
            _ => T["inconnue"],
        };
}
