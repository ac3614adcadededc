using Fabrique.Practices.V1;

namespace Fabrique.Practices;

/// <summary>Shows where the words of a search stand in a text, whatever form they have there.</summary>
internal sealed class Highlights(IReadOnlySet<string> stems)
{
    private const int PassageLength = 240;
    private const int Before = 60;

    /// <summary>The parts of a text that are forms of the words searched; in order, apart from each other.</summary>
    public IEnumerable<Span> In(string text) =>
        FrenchText.Read(text).Where(word => stems.Contains(word.Stem)).Select(word => new Span { Start = word.Start, Length = word.Length });

    /// <summary>Where a listed practice shows the words: in its title, its summary, or failing these in a passage of a long text.</summary>
    /// <param name="card">The practice as it is listed.</param>
    /// <param name="whole">Reads the whole practice; not asked when the card says enough.</param>
    public async Task<PracticeMatch> OfAsync(Practice card, Func<Task<Practice?>> whole)
    {
        var match = new PracticeMatch();
        Add("title", card.Title);
        Add("summary", card.Summary);
        if (match.Texts.Count == 0 && await whole() is { } practice
            && LongTexts(practice).Select(text => (text.Field, Passage: Passage(text.Text))).FirstOrDefault(text => text.Passage.Length > 0) is { Passage.Length: > 0 } found)
        {
            match.Texts.Add(new TextMatch { Field = found.Field, Passage = found.Passage, Spans = { In(found.Passage) } });
        }
        return match;

        void Add(string field, string text)
        {
            var spans = In(text).ToList();
            if (spans.Count > 0)
            {
                match.Texts.Add(new TextMatch { Field = field, Spans = { spans } });
            }
        }
    }

    // What peers look for first comes first.
    private static IEnumerable<(string Field, string Text)> LongTexts(Practice practice) =>
    [
        ("difficulties", practice.Difficulties), ("lessons", practice.Lessons), ("approach", practice.Approach), ("context", practice.Context),
        ("successConditions", practice.SuccessConditions), ("notTransferable", practice.NotTransferable), ("firstStep", practice.FirstStep),
    ];

    /// <summary>Whole words around the first that is found; empty when none is.</summary>
    private string Passage(string text)
    {
        if (In(text).FirstOrDefault() is not { } first)
        {
            return "";
        }
        var start = first.Start <= Before ? 0 : text.IndexOf(' ', first.Start - Before) + 1;
        // A word longer than that: then from the word itself.
        start = start > first.Start || (start == 0 && first.Start > Before) ? first.Start : start;
        var end = start + PassageLength >= text.Length ? text.Length : text.LastIndexOf(' ', start + PassageLength);
        end = end < first.Start + first.Length ? first.Start + first.Length : end;
        return $"{(start > 0 ? "… " : "")}{text[start..end].Trim()}{(end < text.Length ? " …" : "")}";
    }
}
