using Fabrique.Practices.V1;

namespace Fabrique.Practices;

/// <summary>Shows where the words of a search stand in a text, whatever form they have there.</summary>
internal sealed class Highlights(IReadOnlySet<string> stems)
{
    private const int PassageLength = 240;
    private const int Before = 60;

    /// <summary>The parts of a text that are forms of the words searched; in order, apart from each other.</summary>
    public IEnumerable<Span> In(string text) =>
        FrenchText
            .Read(text)
            .Where(word => stems.Contains(word.Stem))
            .Select(word => new Span { Start = word.Start, Length = word.Length });

    /// <summary>Where a listed practice shows the words in its title and its summary; nothing when it does not.</summary>
    public PracticeMatch OfCard(Practice card)
    {
        var match = new PracticeMatch();
        Add("title", card.Title);
        Add("summary", card.Summary);
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

    /// <summary>The first passage of a long text of the practice that shows the words; nothing when none does.</summary>
    public PracticeMatch OfTexts(Practice practice)
    {
        var found = LongTexts(practice)
            .Select(text => (text.Field, Passage: Passage(text.Text)))
            .FirstOrDefault(text => text.Passage.Length > 0);
        return found.Passage is { Length: > 0 } passage
            ? new()
            {
                Texts =
                {
                    new TextMatch
                    {
                        Field = found.Field,
                        Passage = passage,
                        Spans = { In(passage) },
                    },
                },
            }
            : new();
    }

    // What peers look for first comes first.
    private static IEnumerable<(string Field, string Text)> LongTexts(Practice practice) =>
        [
            ("difficulties", practice.Difficulties),
            ("lessons", practice.Lessons),
            ("approach", practice.Approach),
            ("context", practice.Context),
            ("successConditions", practice.SuccessConditions),
            ("notTransferable", practice.NotTransferable),
            ("firstStep", practice.FirstStep),
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
