using System.Text.RegularExpressions;
using Fabrique.Runner;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fabrique.Tests;

/// <summary>How sources are written, where the formatter has no opinion.</summary>
public sealed partial class HouseFormTests
{
    private const int Width = 140;

    /// <summary>Lines of pages that are wider, left from before the rule: fewer each time, never more.</summary>
    private const int WidePages = 600;

    /// <summary>The same of comments, outside <see cref="OneDialect"/>.</summary>
    private const int WideComments = 0;

    /// <summary>Parameters whose description says nothing, outside <see cref="OneDialect"/>.</summary>
    private const int EmptyParameters = 16;

    private static readonly string Root = Checkout.Root();
    private static readonly string[] Folders = ["contracts", "gateway", "languages", "services", "tests", "tools"];

    // Written as the formatter and the analysers leave it open; the other folders follow.
    private static readonly string[] OneDialect = ["contracts", "gateway", "languages", "services/defaults", "services/sidecar", "tools"];

    // A parameter whose name and type say as much is left out.
    private static readonly string[] Empty =
    [
        "A process.",
        "Asks.",
        "From now on.",
        "Gives up.",
        "Gives up before the commit.",
        "It.",
        "One line.",
        "Says now.",
        "Stops asking.",
        "The call.",
        "The file.",
        "The record.",
        "The rights.",
        "The service.",
        "The step.",
        "They.",
        "Where.",
        "Where to look.",
        "Which.",
        "Who.",
        "Whose.",
    ];

    [Fact]
    public void No_comment_and_no_line_of_a_page_is_wider_than_the_formatter_writes()
    {
        var words = string.Join(' ', Enumerable.Repeat("words", 30));
        Assert.True(IsWide($"// {words}"));
        Assert.False(IsWide($"// see https://example.org/{new string('a', Width)}"));
        Assert.False(IsWide($"<p>@T[\"{words}\"]</p>"));
        AssertFew(
            WideComments,
            Sources("*.cs")
                .SelectMany(Lines)
                .Where(line => Comment().IsMatch(line.Text) && IsWide(line.Text))
                .Select(line => $"{line.File}:{line.Number}")
        );
        var pages = Sources("*.razor").SelectMany(Lines).Count(line => line.Text.Length > Width);
        Assert.True(pages <= WidePages, $"{pages} lines of pages are wider than {Width} columns, {WidePages} at most");
    }

    [Fact]
    public void A_parameter_is_described_where_that_says_something()
    {
        Assert.Contains(Said("/// <param name=\"cancellation\">Gives up.</param>"), Empty.Contains);
        Assert.DoesNotContain(Said("/// <param name=\"limit\">In bytes.</param>"), Empty.Contains);
        AssertFew(
            EmptyParameters,
            Sources("*.cs").SelectMany(file => Said(File.ReadAllText(file)).Where(Empty.Contains).Select(said => $"{file}: {said}"))
        );

        static IEnumerable<string> Said(string source) => Parameter().Matches(source).Select(match => match.Groups[1].Value);
    }

    [Fact]
    public void Statements_follow_a_closing_brace_without_an_empty_line()
    {
        Assert.Single(Gaps("class A { void B() {\n  if (true)\n  {\n  }\n\n  B();\n } }"));
        Assert.Empty(Gaps("class A { void B() {\n  if (true)\n  {\n  }\n  B();\n\n  B();\n }\n\n  void C() { } }"));
        Assert.Empty(
            OneDialect
                .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
                .SelectMany(file => Gaps(File.ReadAllText(file)).Select(line => $"{file}:{line}"))
        );

        static IEnumerable<int> Gaps(string source)
        {
            var root = CSharpSyntaxTree.ParseText(source).GetRoot();
            var bodies = root.DescendantNodes()
                .OfType<BlockSyntax>()
                .Select(block => block.Statements.ToList())
                .Append([.. root.DescendantNodes().OfType<GlobalStatementSyntax>().Select(global => global.Statement)]);
            return from body in bodies
                from pair in body.Zip(body.Skip(1))
                where
                    pair.First.GetLastToken().IsKind(SyntaxKind.CloseBraceToken)
                    && pair.Second is not LocalFunctionStatementSyntax
                    && pair.Second.GetLeadingTrivia() is [var first, ..]
                    && first.IsKind(SyntaxKind.EndOfLineTrivia)
                select pair.Second.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
        }
    }

    [Fact]
    public void What_every_service_has_in_common_is_small_in_each_of_its_parts()
    {
        // A composer that knows everything grows without anybody noticing.
        var parts = Directory
            .EnumerateFiles(Path.Combine(Root, "services", "defaults"), "*.cs", SearchOption.AllDirectories)
            .GroupBy(file => Path.GetFileName(Path.GetDirectoryName(file)!))
            .ToDictionary(part => part.Key, part => part.Sum(file => File.ReadLines(file).Count()));
        Assert.Subset(new HashSet<string> { "Hosting", "Api", "Rest", "Access", "Texts" }, parts.Keys.ToHashSet());
        Assert.All(parts, part => Assert.InRange(part.Value, 1, 640));
        Assert.InRange(parts["Hosting"], 1, 600);
    }

    /// <summary>None in the folders of one dialect, and elsewhere no more than there were.</summary>
    private static void AssertFew(int most, IEnumerable<string> faults)
    {
        var all = faults.Where(fault => !fault.Contains(nameof(HouseFormTests), StringComparison.Ordinal)).ToList();
        Assert.DoesNotContain(all, fault =>
            OneDialect.Any(folder => fault.StartsWith(Path.Combine(Root, folder) + "/", StringComparison.Ordinal))
        );
        Assert.True(all.Count <= most, $"{all.Count}, {most} at most:\n{string.Join("\n", all)}");
    }

    private static bool IsWide(string line) =>
        line.Length > Width && !Text().IsMatch(line) && !line.Contains("://", StringComparison.Ordinal);

    private static IEnumerable<(string File, int Number, string Text)> Lines(string file) =>
        File.ReadLines(file).Index().Select(line => (file, line.Index + 1, line.Item));

    private static IEnumerable<string> Sources(string pattern) =>
        Folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories));

    [GeneratedRegex(@"^\s*//")]
    private static partial Regex Comment();

    // A sentence in quotation marks that no line end may cut.
    [GeneratedRegex("\"[^\"]{60,}\"")]
    private static partial Regex Text();

    [GeneratedRegex("""<param name="\w+">([^<]*)</param>""")]
    private static partial Regex Parameter();
}
