using Fabrique.Practices.V1;
using Fabrique.Search;

namespace Fabrique.Practices;

/// <summary>Where a practice shows the words of a search.</summary>
internal static class PracticeMatches
{
    /// <summary>In the title and the summary of a listed practice; nothing when neither shows them.</summary>
    public static PracticeMatch OfCard(this Highlights highlights, Practice card)
    {
        var match = new PracticeMatch();
        Add("title", card.Title);
        Add("summary", card.Summary);
        return match;

        void Add(string field, string text)
        {
            var found = new TextMatch { Field = field, Spans = { highlights.Spans(text) } };
            if (found.Spans.Count > 0)
            {
                match.Texts.Add(found);
            }
        }
    }

    /// <summary>In the first passage of a long text of the practice that shows them; nothing when none does.</summary>
    public static PracticeMatch OfTexts(this Highlights highlights, Practice practice)
    {
        var match = new PracticeMatch();
        foreach (var (field, text) in LongTexts(practice))
        {
            var passage = highlights.Passage(text);
            if (passage.Length > 0)
            {
                match.Texts.Add(
                    new TextMatch
                    {
                        Field = field,
                        Passage = passage,
                        Spans = { highlights.Spans(passage) },
                    }
                );
                break;
            }
        }
        return match;
    }

    private static IEnumerable<Span> Spans(this Highlights highlights, string text) =>
        highlights.In(text).Select(span => new Span { Start = span.Start, Length = span.Length });

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
}
