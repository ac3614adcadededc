using Lucene.Net.Analysis;
using Lucene.Net.Analysis.Core;
using Lucene.Net.Analysis.Fr;
using Lucene.Net.Analysis.Miscellaneous;
using Lucene.Net.Analysis.Standard;
using Lucene.Net.Analysis.TokenAttributes;
using Lucene.Net.Analysis.Util;
using Lucene.Net.Util;

namespace Fabrique.Practices;

/// <summary>French words as search terms: elision, stop words, plural and verb forms, accents. One analyser for texts and queries.</summary>
internal static class FrenchText
{
    private static readonly FrenchAnalysis Analysis = new();

    /// <summary>The terms of a text, in order. Letters and digits only, so that no database takes them for syntax.</summary>
    public static List<string> Terms(string text)
    {
        var terms = new List<string>();
        using var stream = Analysis.GetTokenStream("", text);
        var term = stream.AddAttribute<ICharTermAttribute>();
        stream.Reset();
        while (stream.IncrementToken())
        {
            terms.Add(string.Concat(term.ToString().Where(char.IsLetterOrDigit)));
        }
        stream.End();
        terms.RemoveAll(string.IsNullOrEmpty);
        return terms;
    }

    private sealed class FrenchAnalysis : Analyzer
    {
        private const LuceneVersion Version = LuceneVersion.LUCENE_48;

        protected override TokenStreamComponents CreateComponents(string fieldName, TextReader reader)
        {
            var words = new StandardTokenizer(Version, reader);
            TokenStream stream = new ElisionFilter(words, FrenchAnalyzer.DEFAULT_ARTICLES);
            stream = new LowerCaseFilter(Version, stream);
            stream = new StopFilter(Version, stream, FrenchAnalyzer.DefaultStopSet);
            stream = new FrenchLightStemFilter(stream);
            return new TokenStreamComponents(words, new ASCIIFoldingFilter(stream));
        }
    }
}
