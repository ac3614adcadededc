using System.Collections.Concurrent;
using Lucene.Net.Analysis;
using Lucene.Net.Analysis.Core;
using Lucene.Net.Analysis.Fr;
using Lucene.Net.Analysis.Miscellaneous;
using Lucene.Net.Analysis.Standard;
using Lucene.Net.Analysis.TokenAttributes;
using Lucene.Net.Analysis.Util;
using Lucene.Net.Util;
using FrenchStemmer = Lucene.Net.Tartarus.Snowball.Ext.FrenchStemmer;

namespace Fabrique.Search;

/// <summary>A word of a text.</summary>
/// <param name="Text">In lower case, without what is elided before it: "énergie" for "l’Énergie".</param>
/// <param name="Stem">What its forms have in common, as letters a–z and digits, so that no database takes it for syntax.</param>
/// <param name="Start">Where it begins in the text, in UTF-16 code units.</param>
/// <param name="Length">In UTF-16 code units.</param>
public readonly record struct Word(string Text, string Stem, int Start, int Length);

/// <summary>
/// French words as search terms: elision, small words, plural and verb forms. Texts and queries, on every database, are read by this class
/// and by no other.
/// </summary>
public static class FrenchText
{
    /// <summary>In characters; a longer stem is cut.</summary>
    private const int MaxStemLength = 40;
    private const int MaxCachedStems = 50_000;

    private static readonly WordAnalysis Analysis = new();

    private static readonly ConcurrentDictionary<string, string> Stems = new();

    [ThreadStatic]
    private static FrenchStemmer? _stemmer;

    /// <summary>The words of a text that mean something, in order.</summary>
    public static List<Word> Words(string text) => [.. Read(text)];

    /// <summary>The same, lazily: what is not enumerated is not analysed. A thread enumerates one text at a time.</summary>
    public static IEnumerable<Word> Read(string text)
    {
        // A whole text at a time, which is faster than word after word, and moves no letter.
        using var stream = Analysis.GetTokenStream("", text.ToLowerInvariant());
        var (term, place) = (stream.AddAttribute<ICharTermAttribute>(), stream.AddAttribute<IOffsetAttribute>());
        stream.Reset();
        while (stream.IncrementToken())
        {
            var word = term.ToString();
            if (Stem(word) is { Length: > 0 } stem)
            {
                // What was elided is before the word: the word is the end of the token.
                var (start, length) = (place.StartOffset, place.EndOffset - place.StartOffset);
                var own = Math.Min(word.Length, length);
                yield return new Word(word, stem, start + length - own, own);
            }
        }
        stream.End();
    }

    /// <summary>A word without its accents, in lower case: what people type in a hurry.</summary>
    public static string Fold(string word)
    {
        // One letter may become up to four.
        var folded = new char[word.Length * 4];
        return new string(folded, 0, ASCIIFoldingFilter.FoldToASCII(word.ToCharArray(), 0, folded, 0, word.Length)).ToLowerInvariant();
    }

    /// <summary>Most words of a text are among the few thousand that every text uses.</summary>
    private static string Stem(string word)
    {
        if (Stems.TryGetValue(word, out var known))
        {
            return known;
        }
        var stem = Stemmed(word);
        if (Stems.Count < MaxCachedStems)
        {
            Stems[word] = stem;
        }
        return stem;
    }

    private static string Stemmed(string word)
    {
        var stemmer = _stemmer ??= new FrenchStemmer();
        stemmer.SetCurrent(word);
        stemmer.Stem();
        var stem = string.Concat(
            Fold(stemmer.Current).Where(char.IsLetterOrDigit).Select(letter => char.IsAscii(letter) ? $"{letter}" : $"x{(int)letter:x}")
        );
        return stem.Length > MaxStemLength ? stem[..MaxStemLength] : stem;
    }

    private sealed class WordAnalysis : Analyzer
    {
        private const LuceneVersion Version = LuceneVersion.LUCENE_48;

        protected override TokenStreamComponents CreateComponents(string fieldName, TextReader reader)
        {
            var words = new StandardTokenizer(Version, reader);
            TokenStream stream = new ElisionFilter(words, FrenchAnalyzer.DEFAULT_ARTICLES);
            return new TokenStreamComponents(words, new StopFilter(Version, stream, FrenchAnalyzer.DefaultStopSet));
        }
    }
}
