using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

internal static partial class Kinds
{
    public static RecordKind<Perimeter> Perimeter { get; } =
        new()
        {
            Territory = perimeter => perimeter.Id,
            Subject = perimeter =>
                new(
                    perimeter.DeclaredBy.Length > 0 ? [perimeter.Id, perimeter.DeclaredBy] : [perimeter.Id],
                    perimeter.Region.Length > 0 ? [$"R{perimeter.Region}"] : []
                ),
            Visibility = perimeter => perimeter.Status == PerimeterStatus.Confirmed ? Visibility.Public : Visibility.Private,
            Missing = () => Refusal.NotFound($"Aucun périmètre ne porte ce code."),
            Stale = version =>
                Conflict.StaleVersion(
                    $"Quelqu’un a modifié ce périmètre entre-temps. Rien n’a été enregistré : rechargez la page.",
                    version
                ),
        };
}
