using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

internal static partial class Kinds
{
    public static RecordKind<Assessment> Assessment { get; } =
        new()
        {
            Territory = assessment => assessment.Territory,
            Visibility = _ => Visibility.Private,
            Missing = () => Refusal.NotFound($"Votre territoire n’a pas encore commencé d’auto-évaluation."),
        };

    public static RecordKind<AssessmentSnapshot> Snapshot { get; } =
        new()
        {
            Territory = snapshot => snapshot.Territory,
            Visibility = _ => Visibility.Private,
            Missing = () => Refusal.NotFound($"Aucun instantané de ce territoire ne se trouve là : il a pu être effacé."),
            IsGone = snapshot => snapshot.IsEmptied,
        };
}
