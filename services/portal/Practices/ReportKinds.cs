using Fabrique.Practices.V1;

namespace Fabrique.Portal.Practices;

/// <summary>What may be wrong with a practice, in words.</summary>
public static class ReportKinds
{
    public static IReadOnlyList<(ReportKind Kind, string Words)> All =>
        [
            (ReportKind.Outdated, T["C’est périmé : ce n’est plus ainsi"]),
            (ReportKind.Wrong, T["C’est faux"]),
            (ReportKind.Duplicate, T["C’est un doublon : la même pratique est racontée ailleurs"]),
        ];

    public static string Words(ReportKind kind) => All.FirstOrDefault(known => known.Kind == kind).Words ?? $"{kind}";
}
