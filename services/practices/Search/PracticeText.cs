using Fabrique.Practices.V1;

namespace Fabrique.Practices;

/// <summary>The text of a practice, as it is searched.</summary>
internal sealed class PracticeText
{
    // What a stem is written with where it counts more, or is searched alone. No stem has such a sign.
    private const string Title = "t_";
    private const string Summary = "s_";
    private const string Difficulties = "d_";

    private const int ShortestWord = 3;
    private const int LongestWord = 30;

    public PracticeText(Practice practice)
    {
        var (title, summary, difficulties) = (
            FrenchText.Words(practice.Title),
            FrenchText.Words(practice.Summary),
            FrenchText.Words($"{practice.Difficulties}\n{practice.Lessons}")
        );
        var rest = FrenchText.Words(
            string.Join(
                '\n',
                (string[])
                    [
                        practice.Context,
                        practice.Approach,
                        practice.SuccessConditions,
                        practice.NotTransferable,
                        practice.FirstStep,
                        .. practice.Effects.Select(effect => effect.Text),
                        .. practice.Figures.Select(figure => figure.Label),
                        .. practice.Themes.Select(theme => Vocabulary.Theme.FrenchLabel(theme)),
                    ]
            )
        );
        List<Word> all = [.. title, .. summary, .. difficulties, .. rest];
        Lexemes =
        [
            .. all.Select(word => word.Stem)
                .Concat(title.Select(word => Title + word.Stem))
                .Concat(summary.Select(word => Summary + word.Stem))
                .Concat(difficulties.Select(word => Difficulties + word.Stem))
                .Distinct(),
        ];
        Words =
        [
            .. all.Select(word => word.Text)
                .Where(word => word.Length is >= ShortestWord and <= LongestWord && word.All(char.IsLetter))
                .Distinct(),
        ];
    }

    /// <summary>What the full text of either database holds: each stem once, and once more for each place that counts.</summary>
    public string[] Lexemes { get; }

    /// <summary>The words as they are written.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>What a stem is looked up as, and what each adds to a practice's relevance.</summary>
    public static IEnumerable<(string Lexeme, float Weight)> Lookups(string stem, SearchScope scope) =>
        scope == SearchScope.Difficulties ? [(Difficulties + stem, 1)] : [(stem, 1), (Summary + stem, 3), (Title + stem, 7)];
}
