using System.Globalization;
using Fabrique.Practices.V1;
using Fabrique.Records.V1;

namespace Fabrique.Benchmarks;

/// <summary>
/// Practices of territories that do not exist (codes "ZZ…"), the same at every run: sentences made of words that fall off in frequency as those of a
/// language do, so that some words are in every third practice and most in a few.
/// </summary>
internal static class InventedPractices
{
    private const int Territories = 2_000;

    private static readonly string[] Words =
    [
        "énergie", "commune", "habitants", "école", "projet", "eau", "solaire", "jardin", "vélo", "cantine", "logement", "forêt", "mobilité", "association", "terrain",
        "rénovation", "compost", "agriculture", "rivière", "marché", "toiture", "chaleur", "atelier", "réseau", "haie", "déchets", "transport", "paysan", "quartier", "lumière",
        "bois", "isolation", "verger", "coopérative", "sentier", "éolienne", "bibliothèque", "friche", "sol", "biodiversité", "mare", "ruche", "potager", "chantier", "fête",
    ];

    private static readonly string[] Rare = [.. from start in Words from end in Words.Take(40) select start[..Math.Min(4, start.Length)] + end];

    public static Practice Make(int number)
    {
        var random = new Random(number);
        string Sentence(int length) => string.Join(' ', Enumerable.Range(0, length).Select(_ => Word(random))) + ".";
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
            Sources = { new Source { Code = "B", Title = "Invented for a measurement" } },
        };
    }

    /// <summary>What people ask: one to three words, often common ones; one in four narrows the list, one in ten has a slip.</summary>
    public static ListPracticesRequest Query(int number)
    {
        var random = new Random(-1 - number);
        var words = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Word(random)).ToArray();
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

    // One word of three is among the common ones, and of these the first come most.
    private static string Word(Random random) => random.Next(3) == 0 ? Words[(int)(Words.Length * Math.Pow(random.NextDouble(), 2))] : Rare[random.Next(Rare.Length)];

    private static string Pick(Random random, Vocabulary vocabulary) => vocabulary.Codes[random.Next(vocabulary.Codes.Count)];
}
