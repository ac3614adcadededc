using Fabrique.Practices.V1;
using Fabrique.Search;

namespace Fabrique.Practices;

/// <summary>The text of a practice, as it is searched.</summary>
internal static class PracticeText
{
    /// <summary>The full text and the words of practices.</summary>
    public static readonly TextTable Table = new("practice");

    private static readonly TextPart Title = new("t_", 7);
    private static readonly TextPart Summary = new("s_", 3);
    private static readonly TextPart Difficulties = new("d_", 1);

    /// <summary>Where a search looks, and what counts for more there.</summary>
    public static IReadOnlyList<TextPart> Parts(SearchScope scope) =>
        scope == SearchScope.Difficulties ? [Difficulties] : [TextPart.Whole, Summary, Title];

    /// <param name="practice">Whose text it is.</param>
    /// <param name="town">Name of its territory; empty where it is not known.</param>
    public static SearchedText Of(Practice practice, string town)
    {
        var text = new SearchedText()
            .Add(practice.Title, Title)
            .Add(practice.Summary, Summary)
            .Add($"{practice.Difficulties}\n{practice.Lessons}", Difficulties);
        string[] rest =
        [
            town,
            practice.Context,
            practice.Approach,
            practice.SuccessConditions,
            practice.NotTransferable,
            practice.FirstStep,
            .. practice.Effects.Select(effect => effect.Text),
            .. practice.Figures.Select(figure => figure.Label),
            .. practice.Themes.Select(theme => Vocabulary.Theme.FrenchLabel(theme)),
        ];
        return text.Add(string.Join('\n', rest));
    }
}
