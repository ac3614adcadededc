namespace Fabrique.Search;

/// <summary>A part of a text in which words count for more, or that is searched alone.</summary>
/// <param name="Mark">
/// Stands before the stems of the part in the full text: lower-case letters and one "_", which no stem has. Empty for the whole text.
/// </param>
/// <param name="Weight">What a word found there adds to the relevance.</param>
public sealed record TextPart(string Mark, float Weight)
{
    /// <summary>Everything that was added, whatever its part.</summary>
    public static readonly TextPart Whole = new("", 1);
}

/// <summary>The text of a document, as it is searched.</summary>
public sealed class SearchedText
{
    private const int ShortestWord = 3;
    private const int LongestWord = 30;

    private readonly HashSet<string> _lexemes = [];
    private readonly HashSet<string> _words = [];

    /// <summary>What the full text of either database holds: each stem once, and once more for each part it stands in.</summary>
    public IReadOnlyCollection<string> Lexemes => _lexemes;

    /// <summary>The words as they are written.</summary>
    public IReadOnlyCollection<string> Words => _words;

    /// <summary>Adds a text of the document.</summary>
    /// <param name="text">Of any length; null and empty add nothing.</param>
    /// <param name="part">The part of the document that it is; null for one that is only searched with the whole.</param>
    public SearchedText Add(string? text, TextPart? part = null)
    {
        foreach (var word in FrenchText.Read(text ?? ""))
        {
            Put(word.Stem, part);
            if (word.Feminine is { } feminine)
            {
                Put(feminine, part);
            }
            if (word.Text.Length is >= ShortestWord and <= LongestWord && word.Text.All(char.IsLetter))
            {
                _words.Add(word.Text);
            }
        }
        return this;
    }

    private void Put(string stem, TextPart? part)
    {
        _lexemes.Add(stem);
        if (part is not null)
        {
            _lexemes.Add(part.Mark + stem);
        }
    }
}
