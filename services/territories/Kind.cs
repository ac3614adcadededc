using Fabrique.Records;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

/// <summary>What this service keeps: each chapter tells its own.</summary>
internal static partial class Kinds
{
    public static RecordKind<Profile> Profile { get; } =
        new()
        {
            Territory = profile => profile.Territory,
            Members = MembersWrite.Everything,
            Missing = () => Refusal.NotFound($"Aucun territoire ne porte ce code."),
            Stale = version =>
                Conflict.StaleVersion(
                    $"Quelqu’un a modifié ce profil entre-temps. Votre texte n’a pas été enregistré : comparez les deux versions.",
                    version
                ),
        };
}
