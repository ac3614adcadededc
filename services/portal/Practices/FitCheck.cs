using Fabrique.Territories.V1;

namespace Fabrique.Portal.Practices;

/// <summary>One thing to compare between where a practice comes from and where somebody thinks of it.</summary>
/// <param name="Topic">What is compared.</param>
/// <param name="There">How it is where the practice comes from.</param>
/// <param name="Here">How it is in the other territory.</param>
/// <param name="Said">What that means, in words: nobody is given a mark.</param>
/// <param name="IsDifferent">True when it is not the same; false too when nobody knows.</param>
public sealed record Fit(string Topic, string There, string Here, string Said, bool IsDifferent);

/// <summary>What differs between two territories, for a practice of one of them.</summary>
public static class FitCheck
{
    /// <summary>Within this ratio two populations are of one size: nobody would do things otherwise.</summary>
    private const double SameSize = 1.5;

    public static IReadOnlyList<Fit> Compare(Territory there, Territory here) =>
        [Kind(there, here), Size(there, here), Region(there, here), .. Situations(there, here)];

    private static Fit Kind(Territory there, Territory here) =>
        there.Kind == here.Kind
            ? new(T["Type de territoire"], Name(there), Name(here), T["La même : les mêmes compétences sont possibles."], false)
            : new(T["Type de territoire"], Name(there), Name(here), T["Une autre : regardez qui, chez vous, a la compétence."], true);

    private static Fit Size(Territory there, Territory here)
    {
        var topic = T["Population"];
        if (there is not { HasPopulation: true, Population: > 0 } || here is not { HasPopulation: true, Population: > 0 })
        {
            return new(topic, People(there), People(here), T["L’une des deux n’est pas connue."], false);
        }
        var ratio = (double)here.Population / there.Population;
        return ratio switch
        {
            > SameSize => new(
                topic,
                People(there),
                People(here),
                T["Environ {0} fois plus d’habitants chez vous : la même action demande d’autres moyens.", Times(ratio)],
                true
            ),
            < 1 / SameSize => new(
                topic,
                People(there),
                People(here),
                T[
                    "Environ {0} fois moins d’habitants chez vous : voyez si une coopération entre communes peut la porter.",
                    Times(1 / ratio)
                ],
                true
            ),
            _ => new(topic, People(there), People(here), T["De taille comparable."], false),
        };
    }

    private static Fit Region(Territory there, Territory here)
    {
        var topic = T["Région"];
        var (from, to) = (there.Region?.Name ?? "", here.Region?.Name ?? "");
        return (there.Region?.Code, here.Region?.Code) switch
        {
            (null, _) or (_, null) => new(topic, from, to, T["L’une des deux n’est pas connue."], false),
            var (one, other) when one != other => new(
                topic,
                from,
                to,
                T["Une autre : les aides régionales et les partenaires ne sont pas les mêmes."],
                true
            ),
            _ when there.Department?.Code == here.Department?.Code => new(
                topic,
                from,
                to,
                T["La même, et le même département : une visite est facile."],
                false
            ),
            _ => new(topic, from, to, T["La même."], false),
        };
    }

    private static IEnumerable<Fit> Situations(Territory there, Territory here)
    {
        var topic = T["Situation"];
        var (from, to) = (there.Profile?.Situations ?? [], here.Profile?.Situations ?? []);
        if (from.Count == 0 && to.Count == 0)
        {
            return [];
        }
        if (to.Count == 0)
        {
            return
            [
                new(
                    topic,
                    Names(from),
                    "",
                    T["Votre territoire n’a pas encore dit la sienne : demandez-vous ce que celle-ci a rendu possible."],
                    false
                ),
            ];
        }
        var missing = from.Except(to).ToList();
        return
        [
            new(
                topic,
                Names(from),
                Names(to),
                missing.Count == 0
                    ? T["Rien de particulier là-bas qui ne soit aussi chez vous."]
                    : T["Là-bas et pas chez vous : {0}.", Names(missing)],
                missing.Count > 0
            ),
        ];
    }

    private static string Name(Territory territory) => Show.Capital(Vocabulary.TerritoryKind.Label(territory.Kind));

    private static string Names(IEnumerable<string> situations) =>
        string.Join(", ", situations.Select(code => Vocabulary.Situation.Label(code)));

    private static string People(Territory territory) =>
        territory.HasPopulation ? T.Plural("{0} habitant", "{0} habitants", territory.Population) : T["population non connue"];

    private static string Times(double ratio) => Show.Number(ratio < 10 ? Math.Round(ratio, 1) : Math.Round(ratio));
}
