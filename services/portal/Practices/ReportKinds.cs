using Fabrique.Practices.V1;

namespace Fabrique.Portal.Practices;

/// <summary>What may be wrong with a practice: as the contract has it, its name in JSON, and in words.</summary>
public static class ReportKinds
{
    public static IReadOnlyList<(ReportKind Kind, string Name, string Words)> All =>
        [
            (ReportKind.Outdated, "REPORT_KIND_OUTDATED", T["C’est périmé : ce n’est plus ainsi"]),
            (ReportKind.Wrong, "REPORT_KIND_WRONG", T["C’est faux"]),
            (ReportKind.Duplicate, "REPORT_KIND_DUPLICATE", T["C’est un doublon : la même pratique est racontée ailleurs"]),
            (ReportKind.Other, "REPORT_KIND_OTHER", T["Autre chose : une coquille, un lien mort, une précision"]),
        ];

    public static string Words(ReportKind kind) => All.FirstOrDefault(known => known.Kind == kind).Words ?? $"{kind}";
}
