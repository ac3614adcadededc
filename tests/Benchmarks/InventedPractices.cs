using System.Globalization;
using Fabrique.Practices.V1;
using Fabrique.Records.V1;

namespace Fabrique.Benchmarks;

/// <summary>
/// Practices of territories that do not exist (codes "ZZ…"), the same at every run. Their words are invented and fall off in frequency as
/// those of a language do once its small words are gone: the first stands in most texts, the thousandth in one of thirty.
/// </summary>
internal static class InventedPractices
{
    private const int Territories = 2_000;
    private const int WordCount = 30_000;

    /// <summary>What keeps the first words from being everywhere.</summary>
    private const double Flat = 20;

    private static readonly string[] Beginnings =
    [
        "bar",
        "cor",
        "dul",
        "fam",
        "gri",
        "jol",
        "lum",
        "mar",
        "nov",
        "pal",
        "riv",
        "sal",
        "tor",
        "ver",
        "vin",
    ];
    private static readonly string[] Middles = ["ab", "ic", "od", "uf", "eg", "il", "om", "un", "ap", "er", "is", "ot"];
    private static readonly string[] Ends = ["age", "eau", "elle", "ère", "esse", "ette", "ier", "ise", "oire", "ote", "ure", "yse"];

    public static Practice Make(int number)
    {
        var random = new Random(number);
        string Sentence(int length) => string.Join(' ', Enumerable.Range(0, length).Select(_ => Word(Rank(random.NextDouble())))) + ".";
        string Text(int sentences) => string.Join(' ', Enumerable.Range(0, sentences).Select(_ => Sentence(12)));
        return new Practice
        {
            Id = new Guid(number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0).ToString(),
            Territory = string.Create(CultureInfo.InvariantCulture, $"ZZ{number % Territories:000}"),
            Status = PracticeStatus.Published,
            Language = "fr",
            Title = Sentence(6),
            Summary = Sentence(25),
            Themes = { Pick(random, Vocabulary.Theme), Pick(random, Vocabulary.Theme) },
            Principles = { Pick(random, Vocabulary.Principle) },
            Maturity = Pick(random, Vocabulary.Maturity),
            Context = Text(4),
            Approach = Text(6),
            Difficulties = Text(4),
            Lessons = Text(2),
            SuccessConditions = Text(3),
            Licence = "CC-BY-SA-4.0",
            Sources =
            {
                new Source { Code = "B", Title = "Invented for a measurement" },
            },
        };
    }

    /// <summary>
    /// What people ask: one to three words, the common and the rare alike; one in four narrows the list, one in ten has a slip.
    /// </summary>
    public static ListPracticesRequest Query(int number)
    {
        var random = new Random(-1 - number);
        var words = Enumerable
            .Range(0, random.Next(1, 4))
            .Select(_ => Word((int)Math.Pow(WordCount, 0.2 + (0.7 * random.NextDouble()))))
            .ToArray();
        if (random.Next(10) == 0)
        {
            words[0] = words[0].Remove(words[0].Length / 2, 1);
        }

        var request = new ListPracticesRequest { Query = string.Join(' ', words) };
        if (random.Next(4) == 0)
        {
            request.Theme.Add(Pick(random, Vocabulary.Theme));
        }

        return request;
    }

    /// <summary>The word that so great a part of all words comes before.</summary>
    private static int Rank(double part) => (int)((Flat * Math.Pow((WordCount + Flat) / Flat, part)) - Flat);

    private static string Word(int rank)
    {
        var word = new System.Text.StringBuilder(Beginnings[rank % Beginnings.Length]);
        for (rank /= Beginnings.Length; rank > 0; rank /= Middles.Length)
        {
            word.Append(Middles[rank % Middles.Length]);
        }

        return word.Append(Ends[word.Length * 7 % Ends.Length]).ToString();
    }

    private static string Pick(Random random, Vocabulary vocabulary) => vocabulary.Codes[random.Next(vocabulary.Codes.Count)];
}
