using System.Collections;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;

namespace Fabrique.Portal.Territories;

/// <summary>
/// The sources that the facts of a profile cite. People choose them by their titles and add them by typing; nobody sees a code before it is
/// printed.
/// </summary>
internal static class ProfileSources
{
    /// <summary>What can be chosen beside a fact.</summary>
    public static IReadOnlyList<(string Code, string Label)> Choices(Profile profile) =>
        [.. profile.Sources.Select(source => (source.Code, source.Title))];

    /// <summary>Adds the sources that were typed beside the facts: to the facts that they are typed beside, and once to the list.</summary>
    /// <param name="form">What was typed.</param>
    /// <param name="typed">The message read from it, whose facts receive the sources.</param>
    /// <param name="profile">The profile as stored, whose list receives them.</param>
    public static void Add(MessageForm form, Profile typed, Profile profile)
    {
        foreach (
            var path in form.Paths.Where(path =>
                path.EndsWith("." + ProfileFields.NewSource, StringComparison.Ordinal) && form.Value(path).Length > 0
            )
        )
        {
            if (Fact(typed, path.Split('.', '[', ']')) is { } fact)
            {
                var cited = (IList)fact.Descriptor.FindFieldByName("sources").Accessor.GetValue(fact);
                var code = CodeOf(profile, form.Value(path));
                if (!cited.Contains(code))
                {
                    cited.Add(code);
                }
            }
        }
    }

    /// <summary>How many facts cite each source, by its code.</summary>
    public static Dictionary<string, int> Uses(Profile profile) =>
        profile
            .InheritedConditions.Concat(profile.Results)
            .Select(fact => fact.Sources)
            .Concat(profile.Pebbles.Select(fact => fact.Sources))
            .Concat(profile.Phases.Select(fact => fact.Sources))
            .Concat(profile.Milestones.Select(fact => fact.Sources))
            .Concat(profile.Method.Select(fact => fact.Sources))
            .Concat(profile.Indicators.SelectMany(fact => fact.Values.Select(value => value.Sources).Prepend(fact.Sources)))
            .Append(profile.Star?.Sources ?? [])
            .SelectMany(cited => cited)
            .CountBy(code => code)
            .ToDictionary();

    /// <summary>The title of a source that was taken off the list although facts cite it; empty when none was.</summary>
    public static string Missing(Profile stored, Profile typed)
    {
        var uses = Uses(stored);
        return stored
            .Sources.FirstOrDefault(source => uses.ContainsKey(source.Code) && typed.Sources.All(kept => kept.Code != source.Code))
            ?.Title
            ?? "";
    }

    // "milestones[3].newSource" is typed beside the fourth milestone, "star.newSource" beside the star.
    private static IMessage? Fact(Profile typed, string[] path) =>
        ProfileStep.Field(path[0]).Accessor.GetValue(typed) switch
        {
            IList rows => int.TryParse(path[1], out var row) && row < rows.Count ? (IMessage?)rows[row] : null,
            var one => (IMessage?)one,
        };

    /// <summary>The code of the source with this title or address, which is added when the list has none.</summary>
    private static string CodeOf(Profile profile, string text)
    {
        if (profile.Sources.FirstOrDefault(source => Same(source.Title, text) || Same(source.Url, text)) is { } known)
        {
            return known.Code;
        }

        var isAddress = Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https";
        var added = new Source
        {
            Code = NewCode(profile.Sources.Select(source => source.Code)),
            Title = isAddress ? address!.Host : text,
            Url = isAddress ? text : "",
        };
        profile.Sources.Add(added);
        return added.Code;
    }

    /// <summary>A letter that is free, or a letter and a number once all are taken.</summary>
    public static string NewCode(IEnumerable<string> taken) =>
        Enumerable
            .Range(0, 1000)
            .SelectMany(round => Enumerable.Range('A', 26).Select(letter => $"{(char)letter}{(round == 0 ? "" : round)}"))
            .Except(taken)
            .First();

    private static bool Same(string known, string typed) => string.Equals(known, typed, StringComparison.OrdinalIgnoreCase);
}
