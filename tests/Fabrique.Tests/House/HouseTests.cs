using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>
/// The rules of the house that a compiler does not know. Each check is shown a breach first: one that cannot fail guards nothing.
/// </summary>
public sealed partial class HouseTests
{
    private const int LongestFile = 300;

    private static readonly string Root = Checkout.Root();
    private static readonly string[] ProductFolders = ["services", "gateway", "tools", "contracts/fabrique"];

    [Fact]
    public void A_service_uses_the_libraries_of_the_house_and_no_other_service()
    {
        Assert.NotEmpty(Strangers("practices", ["../territories/Territories.csproj"]));
        foreach (var project in Directory.EnumerateFiles(Path.Combine(Root, "services"), "*.csproj", SearchOption.AllDirectories))
        {
            var references = XDocument
                .Load(project)
                .Descendants("ProjectReference")
                .Select(reference => (string)reference.Attribute("Include")!);
            Assert.Empty(Strangers(project, references));
        }

        static IEnumerable<string> Strangers(string project, IEnumerable<string> references) =>
            references
                .Where(reference =>
                    !new[] { "Contracts", "Defaults", "Languages", "Records", "Search", "Site", "Storage" }.Contains(
                        Path.GetFileNameWithoutExtension(reference)
                    )
                )
                .Select(reference => $"{project}: {reference}");
    }

    [Fact]
    public void Rules_know_no_database_and_no_web_server()
    {
        Assert.True(KnowsHosting("using Microsoft.EntityFrameworkCore;"));
        var rules = Directory.EnumerateFiles(Path.Combine(Root, "services"), "*Rules.cs", SearchOption.AllDirectories).ToList();
        Assert.True(rules.Count >= 2);
        Assert.DoesNotContain(rules, file => KnowsHosting(File.ReadAllText(file)));

        static bool KnowsHosting(string source) =>
            source.Contains("EntityFrameworkCore", StringComparison.Ordinal) || source.Contains("AspNetCore", StringComparison.Ordinal);
    }

    [Fact]
    public void The_start_of_a_service_is_read_at_a_glance() =>
        Assert.All(
            Directory
                .EnumerateFiles(Path.Combine(Root, "services"), "Program.cs", SearchOption.AllDirectories)
                .Append(Path.Combine(Root, "gateway", "Program.cs")),
            // One call a line, as the formatter writes them.
            file => Assert.InRange(File.ReadLines(file).Count(), 1, 36)
        );

    [Fact]
    public void No_file_of_the_product_is_too_long_to_be_one_thing() =>
        Assert.All(
            ProductFolders
                .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.*", SearchOption.AllDirectories))
                .Where(file =>
                    Path.GetExtension(file) is ".cs" or ".razor" or ".proto" && !file.Contains("/obj/", StringComparison.Ordinal)
                ),
            file => Assert.True(File.ReadLines(file).Count() <= LongestFile, file)
        );

    [Fact]
    public void Every_path_that_the_documents_name_exists()
    {
        Assert.False(Exists("README.md", "docs/nowhere.md"));
        var documents = Directory
            .EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Root, "README.md"))
            .Append(Path.Combine(Root, "contracts", "README.md"));
        foreach (var document in documents)
        {
            var links = Link()
                .Matches(File.ReadAllText(document))
                .Select(match => match.Groups[1].Value)
                .Where(link => !link.Contains("://", StringComparison.Ordinal));
            Assert.All(links, link => Assert.True(Exists(document, link), $"{document} names {link}"));
        }

        static bool Exists(string document, string link)
        {
            var path = Path.Combine(Root, Path.GetDirectoryName(document) ?? "", link.Split('#')[0]);
            return File.Exists(path) || Directory.Exists(path);
        }
    }

    [Fact]
    public void A_service_follows_what_another_owns()
    {
        var starts = Directory
            .EnumerateFiles(Path.Combine(Root, "services"), "Program.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText)
            .ToList();
        var owned = starts.SelectMany(start => Kinds(start, @"Owns\(Kinds\.(\w+)\)")).ToHashSet();
        var followed = starts
            .Select(start => start.Replace("FollowsNetwork()", "Follows<Profile>().Follows<Membership>()", StringComparison.Ordinal))
            .SelectMany(start => Kinds(start, @"Follows<(\w+)>"))
            .ToHashSet();
        Assert.NotEmpty(followed);
        Assert.Subset(owned, followed);

        static HashSet<string> Kinds(string start, string pattern) =>
            [.. Regex.Matches(start, pattern).Select(match => match.Groups[1].Value)];
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
