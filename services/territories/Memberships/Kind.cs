using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;

namespace Fabrique.Territories;

internal static partial class Kinds
{
    public static RecordKind<Membership> Membership { get; } =
        new()
        {
            Territory = membership => membership.Territory,
            Subject = membership =>
                new(
                    [membership.Territory],
                    [
                        .. membership.Region.Length > 0 ? [$"R{membership.Region}"] : Array.Empty<string>(),
                        .. membership.Cohort.Length > 0 ? [membership.Cohort] : Array.Empty<string>(),
                    ]
                ),
            Visibility = membership => membership.IsOpen ? Visibility.Public : Visibility.Private,
            Missing = () => Refusal.NotFound($"Ce territoire n’est pas membre du réseau."),
        };

    /// <summary>Of no territory: the network's.</summary>
    public static RecordKind<Cohort> Cohort { get; } =
        new()
        {
            Territory = _ => "",
            Subject = cohort => new([cohort.Code], cohort.Region.Length > 0 ? [$"R{cohort.Region}"] : []),
            Missing = () => Refusal.NotFound($"Aucune cohorte n’a ce code."),
            Stale = version => Conflict.StaleVersion($"Quelqu’un a modifié cette cohorte entre-temps. Rien n’a été enregistré.", version),
        };
}
