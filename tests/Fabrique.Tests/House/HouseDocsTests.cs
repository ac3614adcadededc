using System.Text.RegularExpressions;
using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>What the documents say of the house is still there.</summary>
public sealed partial class HouseDocsTests
{
    private static readonly string Root = Checkout.Root();
    private static readonly string Decisions = Path.Combine(Root, "docs", "decisions");

    // Made when the node, the tests or the benchmarks run.
    private static readonly string[] Made = ["artifacts/", "data/"];

    private static readonly Lazy<HashSet<string>> Folders = new(() =>
        [
            .. new[] { "contracts", "docs", "gateway", "languages", "services", "tests", "tools" }
                .SelectMany(top =>
                    Directory
                        .EnumerateFileSystemEntries(Path.Combine(Root, top), "*", SearchOption.AllDirectories)
                        .Append(Path.Combine(Root, top))
                )
                .Select(path => "/" + Path.GetRelativePath(Root, path).Replace('\\', '/')),
        ]
    );

    [Fact]
    public void Every_path_in_back_ticks_exists()
    {
        Assert.Equal(
            ["k8s/"],
            Missing("It is deployed with `k8s/`, from `services/records/Store/` and `Store/`; see `dapr.io/v1` and `a/{b}`.")
        );
        foreach (var document in Documents)
        {
            var missing = Missing(File.ReadAllText(document)).Select(path => $"{document} names {path}");
            Assert.Empty(missing);
        }

        static IEnumerable<string> Missing(string text) =>
            BackTicks()
                .Matches(text)
                .Select(match => match.Groups[1].Value)
                .Where(path => !Made.Any(path.StartsWith))
                .Where(path => !Folders.Value.Any(known => known.EndsWith("/" + path.TrimEnd('/'), StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_decision_is_in_the_index_under_its_number_and_title()
    {
        var index = File.ReadAllText(Path.Combine(Decisions, "README.md"));
        var files = Directory.EnumerateFiles(Decisions, "0*.md").Order().ToList();
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var title = Title().Match(File.ReadLines(file).First());
            Assert.True(title.Success, $"{file} does not begin with '# number. title'");
            Assert.Equal(int.Parse(Path.GetFileName(file)[..4], null), int.Parse(title.Groups[1].Value, null));
            Assert.Contains(
                $"{title.Groups[1].Value}. [{title.Groups[2].Value}]({Path.GetFileName(file)})",
                index,
                StringComparison.Ordinal
            );
        }
        Assert.Equal(files.Count, Entry().Count(index));
    }

    private static IEnumerable<string> Documents =>
        Directory
            .EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Root, "README.md"))
            .Append(Path.Combine(Root, "contracts", "README.md"));

    // Names and folders only: what has a scheme, a domain, an argument or a placeholder is something else.
    [GeneratedRegex(@"`((?!dapr\.io/)[\w][\w.-]*/[\w./-]*)`")]
    private static partial Regex BackTicks();

    [GeneratedRegex(@"^# (\d+)\. (.+)$")]
    private static partial Regex Title();

    [GeneratedRegex(@"^\d+\. \[", RegexOptions.Multiline)]
    private static partial Regex Entry();
}
