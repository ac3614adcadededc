using Fabrique.Territories.V1;

namespace Fabrique.Portal.Territories;

/// <summary>A phase with its milestones, in the order of time.</summary>
public sealed record PhaseMilestones(Phase Phase, IReadOnlyList<Milestone> Milestones)
{
    /// <summary>The phases of a profile. Milestones of a phase that it does not describe come last, never lost.</summary>
    public static IReadOnlyList<PhaseMilestones> Of(Profile profile)
    {
        var byPhase = profile
            .Milestones.OrderBy(milestone => milestone.Date, StringComparer.Ordinal)
            .ToLookup(milestone => milestone.Phase);
        var known = profile.Phases.Select(phase => phase.Code).ToHashSet();
        var others = byPhase.Where(group => !known.Contains(group.Key)).SelectMany(group => group).ToList();
        return
        [
            .. profile.Phases.Select(phase => new PhaseMilestones(phase, [.. byPhase[phase.Code]])),
            .. others.Count > 0
                ? [new PhaseMilestones(new Phase { Title = known.Count > 0 ? T["Autres étapes"] : T["Le chemin"] }, others)]
                : Array.Empty<PhaseMilestones>(),
        ];
    }
}
