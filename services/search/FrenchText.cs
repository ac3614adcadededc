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
/// <param name="Feminine">The stem of "actrice" where the text says "acteur·rice", and it is another; else null.</param>
public readonly record struct Word(string Text, string Stem, int Start, int Length, string? Feminine = null);

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

    /// <summary>Of words that the rules take for another: <c>Data/stems.txt</c>.</summary>
    private static readonly Dictionary<string, string> OwnStems = ReadStems();

    [ThreadStatic]
    private static FrenchStemmer? _stemmer;

    /// <summary>The words of a text that mean something, in order.</summary>
    public static List<Word> Words(string text) => [.. Read(text)];

    /// <summary>The same, lazily: what is not enumerated is not analysed. A thread enumerates one text at a time.</summary>
    public static IEnumerable<Word> Read(string text)
    {
        // A whole text at a time, which is faster than word after word.
        var plain = Letters.Read(text);
        using var stream = Analysis.GetTokenStream("", plain.Text);
        var (term, place) = (stream.AddAttribute<ICharTermAttribute>(), stream.AddAttribute<IOffsetAttribute>());
        stream.Reset();
        var last = 0;
        while (stream.IncrementToken())
        {
            var word = term.ToString();
            if (Stem(word) is { Length: > 0 } stem)
            {
                // What was elided is before the word: the word is the end of the token.
                var (start, end) = (place.EndOffset - Math.Min(word.Length, place.EndOffset - place.StartOffset), place.EndOffset);
                var (from, to) = (plain.Origin(start), plain.Origin(end));
                // One character can stand for several words, "½": it is shown as one.
                if (from >= last && to > from)
                {
                    last = to;
                    var feminine = plain.FeminineBefore(end) is { } other ? Stem(other) : stem;
                    yield return new Word(word, stem, from, to - from, feminine == stem ? null : feminine);
                }
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
        if (OwnStems.TryGetValue(word, out var own))
        {
            return own;
        }
        // The rules leave the plural of "vélo", "élu" and "emploi" as it is.
        if (word is [_, _, .., 'a' or 'i' or 'o' or 'u', 's'] && word[..^1] is { Length: > 2 } singular && Lexicon.Knows(singular))
        {
            word = singular;
        }
        var stemmer = _stemmer ??= new FrenchStemmer();
        stemmer.SetCurrent(word.Replace("œ", "oe", StringComparison.Ordinal).Replace("æ", "ae", StringComparison.Ordinal));
        stemmer.Stem();
        var stem = string.Concat(
            Fold(stemmer.Current).Where(char.IsLetterOrDigit).Select(letter => char.IsAscii(letter) ? $"{letter}" : $"x{(int)letter:x}")
        );
        return stem.Length > MaxStemLength ? stem[..MaxStemLength] : stem;
    }

    private static Dictionary<string, string> ReadStems()
    {
        using var lines = new StreamReader(typeof(FrenchText).Assembly.GetManifestResourceStream("stems.txt")!);
        return lines
            .ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split(" = "))
            .SelectMany(line => line[0].Split(' ').Select(word => (Word: word, Stem: line[1].Trim())))
            .ToDictionary(one => one.Word, one => one.Stem);
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
