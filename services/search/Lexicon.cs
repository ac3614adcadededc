using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;

namespace Fabrique.Search;

/// <summary>
/// The words of French and of the names of French places, in all their forms: what is one of them was not misspelt. From a dictionary and
/// the official lists: docs/data.md.
/// </summary>
internal static class Lexicon
{
    private const int Shortest = 3;

    // As numbers, 3.5 MB in all: of half a million words one in ten million that are none is taken for one of them.
    private static readonly Lazy<ImmutableArray<ulong>> Words = new(Read);

    /// <param name="word">With or without its accents. One of a letter or two always is one.</param>
    public static bool Knows(string word)
    {
        var folded = FrenchText.Fold(word);
        return folded.Length < Shortest
            || folded.Split(['\'', '-', '.']).All(part => part.Length < Shortest || Words.Value.BinarySearch(Number(part)) >= 0);
    }

    private static ImmutableArray<ulong> Read()
    {
        using var file = typeof(Lexicon).Assembly.GetManifestResourceStream("french.txt.gz")!;
        using var lines = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var numbers = ImmutableArray.CreateBuilder<ulong>(500_000);
        var word = new StringBuilder();
        // The first letter says how much of the word before a word begins with.
        while (lines.ReadLine() is { Length: > 0 } line)
        {
            word.Length = line[0] - 'a';
            numbers.Add(Number(word.Append(line.AsSpan(1)).ToString()));
        }
        numbers.Sort();
        return numbers.DrainToImmutable();
    }

    /// <summary>FNV-1a, so that it is the same in every process.</summary>
    private static ulong Number(string word) =>
        word.Aggregate(14695981039346656037, (number, letter) => unchecked((number ^ letter) * 1099511628211));
}
