using Fabrique.Territories.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fabrique.Portal.Territories;

/// <summary>A page of the form in which a territory tells itself: one part of its profile, saved without touching the others.</summary>
/// <param name="Word">In the address.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Lead">What is asked there, and why.</param>
/// <param name="Parts">The fields of the profile that it writes, by their JSON names.</param>
public sealed record ProfileStep(string Word, Func<string> Title, Func<string> Lead, params IReadOnlyList<string> Parts)
{
    public static readonly IReadOnlyList<ProfileStep> All =
    [
        new(
            "presentation",
            () => T["Présentation"],
            () => T["Qui vous êtes, et d’où vous partez. Trois phrases suffisent pour commencer."],
            "introduction",
            "situations",
            "inheritedConditions"
        ),
        new(
            "vision",
            () => T["L’étoile et les cailloux blancs"],
            () => T["Une direction qui fait envie, et les petits pas déjà faits vers elle."],
            "star",
            "pebbles"
        ),
        new(
            "periodes",
            () => T["Les périodes de la trajectoire"],
            () =>
                T[
                    "Les grands moments de votre histoire, et ce que les habitants y ont fait. Vous pouvez passer : les étapes s’écrivent aussi sans elles."
                ],
            "phases"
        ),
        new(
            "etapes",
            () => T["Les étapes de la trajectoire"],
            () =>
                T[
                    "Ce qui s’est passé, échecs compris. L’ordre est celui des dates : écrivez comme cela vient. Un dessin se fait tout seul."
                ],
            "milestones"
        ),
        new("resultats", () => T["Les résultats"], () => T["Les domaines où la transition se voit déjà."], "results"),
        new(
            "methode",
            () => T["La méthode"],
            () => T["Comment vous conduisez le changement : ce que d’autres pourraient reprendre."],
            "method"
        ),
        new(
            "indicateurs",
            () => T["Les indicateurs"],
            () => T["Ce que vous mesurez, avec ses valeurs. Un indicateur sans valeur a sa place aussi."],
            "indicators"
        ),
        new(
            "sources",
            () => T["Les sources"],
            () => T["Tout ce que vous avez cité, en une liste. Complétez ce que vous savez : une date, une adresse."],
            "sources"
        ),
    ];

    /// <summary>The step that comes after; null for the last.</summary>
    public ProfileStep? Next => All.SkipWhile(step => step.Word != Word).Skip(1).FirstOrDefault();

    /// <summary>What the profile says in this step, and nothing else.</summary>
    public Profile Of(Profile profile)
    {
        var part = profile.Clone();
        Clear(part, field => !Parts.Contains(field.JsonName));
        return part;
    }

    /// <summary>The profile with what was typed in this step, and the rest as it was.</summary>
    public Profile Put(Profile profile, Profile typed)
    {
        var told = profile.Clone();
        Clear(told, field => Parts.Contains(field.JsonName));
        told.MergeFrom(Of(typed));
        InTime(told.Milestones, milestone => milestone.Date);
        InTime(told.Pebbles, pebble => pebble.Date);
        foreach (var phase in told.Phases.Where(phase => phase.Code.Length == 0))
        {
            phase.Code = Enumerable
                .Range(1, told.Phases.Count + 1)
                .Select(number => $"P{number}")
                .First(code => told.Phases.All(other => other.Code != code));
        }

        foreach (var milestone in told.Milestones.Where(milestone => told.Phases.All(phase => phase.Code != milestone.Phase)))
        {
            // Of a phase that was removed: it stays, on its own.
            milestone.Phase = "";
        }

        return told;
    }

    /// <summary>How many things are told in this step.</summary>
    public int Count(Profile profile) =>
        Parts
            .Select(part => Field(part).Accessor.GetValue(profile))
            .Sum(value =>
                value switch
                {
                    System.Collections.IList list => list.Count,
                    string text => text.Length > 0 ? 1 : 0,
                    null => 0,
                    _ => 1,
                }
            );

    /// <summary>A mark of what the step says: it changes with it.</summary>
    public string Mark(Profile profile) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Of(profile).ToByteArray()))[..16];

    /// <summary>The field of a profile with this JSON name.</summary>
    internal static FieldDescriptor Field(string name) =>
        Profile.Descriptor.Fields.InDeclarationOrder().Single(field => field.JsonName == name);

    // As text a date sorts by time; what has none comes last, and what has the same stays as it was.
    private static void InTime<T>(Google.Protobuf.Collections.RepeatedField<T> rows, Func<T, string> date)
    {
        var sorted = rows.OrderBy(row => date(row).Length == 0).ThenBy(date, StringComparer.Ordinal).ToList();
        rows.Clear();
        rows.AddRange(sorted);
    }

    private static void Clear(Profile profile, Func<FieldDescriptor, bool> which)
    {
        foreach (var field in Profile.Descriptor.Fields.InDeclarationOrder().Where(which))
        {
            field.Accessor.Clear(profile);
        }
    }
}
