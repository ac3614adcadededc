namespace Fabrique.Tests;

/// <summary>What the reading of every page looks for, on examples.</summary>
public sealed class PageWordsTests
{
    [Theory]
    [InlineData("Choisissez : ELU", "a code: ELU"), InlineData("REPORT_KIND_OTHER", "a code: REPORT_KIND_OTHER")]
    [
        InlineData("le 2026-03-17T10:00:00Z", "a stamp"),
        InlineData("10:00 UTC", "a stamp: UTC"),
        InlineData("le territoire 68343", "no name")
    ]
    [InlineData("la mairie (Loos-en-Gohelle (62))", "brackets"), InlineData("Loos-en-Gohelle (62), 7 octobre 2014 à 10 h 15", null)]
    public void What_is_no_word_for_people_is_found(string text, string? fault)
    {
        var faults = PageWords.CodesIn(text).ToList();
        Assert.Equal(fault is null, faults.Count == 0);
        Assert.All(faults.Take(1), found => Assert.StartsWith(fault!, found, StringComparison.Ordinal));
    }
}
