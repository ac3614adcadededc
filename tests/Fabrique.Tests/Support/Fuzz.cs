using System.Globalization;

namespace Fabrique.Tests;

/// <summary>
/// What nobody should send, drawn from a seed that is printed: another one in the variable <c>FABRIQUE_TEST_SEED</c> draws others, and
/// <c>FABRIQUE_TEST_FUZZ</c> says how many times as much.
/// </summary>
internal sealed class Fuzz
{
    private static readonly string[] Oddities =
    [
        "",
        " ",
        "0",
        "-1",
        "62528",
        "ZZ001",
        "*",
        "%",
        "_",
        "'; drop table records; --",
        "\"*\" OR NEAR(",
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "a\0b",
        "\u000b\u200b\u2060",
        "\ufeff\ufffe\uffff",
        "e\u0301\u0301\u0301",
        "𝕌𝕟𝕚𝕔𝕠𝕕𝕖 👩‍👩‍👧‍👦",
        "\u202eevil",
        "İıſﬀ",
        "2026-02-30",
        "0000-00-00",
        "99999-12-31",
        "2026-01-01T25:61:61Z",
        "9999-12-31T23:59:59.9999999Z",
        "1e309",
        "NaN",
        "-0",
        "2147483648",
        "9223372036854775808",
        "0x10",
        "PRACTICE_STATUS_PUBLISHED",
        "AGENT",
        "ENER",
        "https://user:pw@evil.example/",
        "javascript:alert(1)",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ];

    public Fuzz()
    {
        Seed = Number("FABRIQUE_TEST_SEED", 1);
        Random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"FABRIQUE_TEST_SEED={Seed}");
    }

    public int Seed { get; }

    public Random Random { get; }

    /// <summary>So many times, or as many times more as the variable says.</summary>
    public static int Times(int count) => count * Number("FABRIQUE_TEST_FUZZ", 1);

    public bool Once(int among) => Random.Next(among) == 0;

    public T OneOf<T>(IReadOnlyList<T> choices) => choices[Random.Next(choices.Count)];

    /// <summary>A text, mostly short and odd, seldom long.</summary>
    public string Text() =>
        Random.Next(12) switch
        {
            0 => new string('x', Random.Next(12_000)),
            1 => string.Concat(Enumerable.Range(0, Random.Next(20)).Select(_ => (char)Random.Next(1, 0xD800))),
            2 => OneOf(Oddities) + OneOf(Oddities),
            3 => Random.Next(int.MinValue, int.MaxValue).ToString(CultureInfo.InvariantCulture),
            _ => OneOf(Oddities),
        };

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
