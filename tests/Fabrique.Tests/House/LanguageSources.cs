using System.Text;
using System.Text.RegularExpressions;
using Fabrique.Runner;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fabrique.Tests;

/// <summary>The French texts of the product, as its sources hold them: the keys that every language has to translate.</summary>
public static partial class LanguageSources
{
    private static readonly string[] Folders = ["contracts", "gateway", "services"];

    // Where the sentence stands among the arguments of what refuses, or tells.
    private static readonly Dictionary<string, int> Refusals = new()
    {
        ["Refusal"] = 2,
        ["Invalid"] = 1,
        ["NotFound"] = 0,
        ["StaleVersion"] = 0,
        ["FieldError"] = 1,
        ["Rule"] = 2,
        ["Saying"] = 0,
    };

    /// <summary>Every text with the file it stands in; the second form where it has a plural, the vocabulary where it is a label.</summary>
    public static IReadOnlyList<(string Context, string Text, string? Many, string File)> All { get; } = [.. Read()];

    /// <summary>What a source says to people in its calls of T: "text" or ("one", "many").</summary>
    public static IEnumerable<(string Text, string? Many)> Called(string source) =>
        Call()
            .Matches(Comment().Replace(source, ""))
            .Select(call =>
                (Unquote(call.Groups["text"].Value), call.Groups["many"] is { Success: true } many ? Unquote(many.Value) : null)
            );

    /// <summary>Calls whose text is not written where it is used, so that nobody can find it.</summary>
    public static IEnumerable<string> Hidden(string source) =>
        HiddenCall().Matches(Comment().Replace(source, "")).Select(call => call.Value);

    /// <summary>The formats of the sentences with which a source refuses, or tells people something by mail.</summary>
    public static IEnumerable<string> Refused(string source) =>
        from call in CSharpSyntaxTree.ParseText(source).GetRoot().DescendantNodes()
        let arguments = call switch
        {
            InvocationExpressionSyntax invocation => (Name: LastName(invocation.Expression), invocation.ArgumentList),
            ObjectCreationExpressionSyntax creation => (Name: LastName(creation.Type), ArgumentList: creation.ArgumentList!),
            ImplicitObjectCreationExpressionSyntax creation => (Name: "Refusal", creation.ArgumentList),
            _ => default,
        }
        where
            arguments.Name is not null
            && Refusals.TryGetValue(arguments.Name, out var place)
            && arguments.ArgumentList.Arguments.Count > place
        from sentence in arguments
            .ArgumentList.Arguments[Refusals[arguments.Name]]
            .DescendantNodes(node => node is not InterpolatedStringExpressionSyntax)
            .OfType<InterpolatedStringExpressionSyntax>()
        let format = Format(sentence)
        where format.Any(char.IsLetter)
        select format;

    /// <summary>The texts of a source that look like a sentence in French and that nobody translates.</summary>
    public static IEnumerable<string> Untranslated(string source) =>
        from literal in CSharpSyntaxTree.ParseText(source).GetRoot().DescendantNodes()
        let text = literal switch
        {
            LiteralExpressionSyntax one when one.IsKind(SyntaxKind.StringLiteralExpression) => one.Token.ValueText,
            InterpolatedStringExpressionSyntax many => Format(many),
            _ => "",
        }
        where text.Length > 1 && French().IsMatch(text)
        where !Called(source).Any(call => call.Text == text || call.Many == text) && !Refused(source).Contains(text)
        select text;

    public static IEnumerable<string> Files(string pattern) =>
        Folders
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Checkout.Root(), folder), pattern, SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal));

    private static IEnumerable<(string, string, string?, string)> Read()
    {
        foreach (var file in Files("*.cs").Concat(Files("*.razor")))
        {
            var source = File.ReadAllText(file);
            foreach (var (text, many) in Called(source))
            {
                yield return ("", text, many, Path.GetFileName(file));
            }

            foreach (var text in file.EndsWith(".cs", StringComparison.Ordinal) ? Refused(source) : [])
            {
                yield return ("", text, null, Path.GetFileName(file));
            }
        }

        foreach (var vocabulary in Vocabulary.Every)
        {
            foreach (var code in vocabulary.Codes)
            {
                yield return (vocabulary.Name, vocabulary.FrenchLabel(code), null, "vocabularies.json");
            }
        }
    }

    private static string? LastName(ExpressionSyntax expression) =>
        expression switch
        {
            IdentifierNameSyntax name => name.Identifier.Text,
            MemberAccessExpressionSyntax member => member.Name.Identifier.Text,
            _ => null,
        };

    private static string Format(InterpolatedStringExpressionSyntax sentence)
    {
        var format = new StringBuilder();
        var hole = 0;
        foreach (var part in sentence.Contents)
        {
            format.Append(
                part is InterpolationSyntax value
                    ? $"{{{hole++}{value.FormatClause}}}"
                    : ((InterpolatedStringTextSyntax)part).TextToken.ValueText
            );
        }

        return format.ToString();
    }

    private static string Unquote(string literal) => literal.Replace("\\\"", "\"", StringComparison.Ordinal);

    [GeneratedRegex(
        """\bT(?:\[|\.Html\(|\.Plural\()\s*"(?<text>(?:[^"\\]|\\.)*)"(?:(?<=Plural\(\s*"[^"]*"),\s*"(?<many>(?:[^"\\]|\\.)*)")?"""
    )]
    private static partial Regex Call();

    [GeneratedRegex("""\bT(?:\[|\.Html\(|\.Plural\()\s*(?!["\]])\S{1,30}""")]
    private static partial Regex HiddenCall();

    [GeneratedRegex("^ *//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex("[à-ÿœ’«À-Ý]")]
    private static partial Regex French();
}
