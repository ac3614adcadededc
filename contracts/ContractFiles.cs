using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fabrique;

/// <summary>The contracts as they are written, with their comments and annotations: what people are told of them.</summary>
public static partial class ContractFiles
{
    /// <summary>Every file, after those it imports.</summary>
    public static IReadOnlyList<FileDescriptor> All { get; } = Load();

    /// <summary>
    /// What the contract says before a declaration, on one line, with the names of fields as JSON has them; empty when it says nothing.
    /// </summary>
    public static string Comment(this DescriptorBase declared)
    {
        var lines = (declared.Declaration?.LeadingComments ?? "")
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith("buf:lint", StringComparison.Ordinal));
        return Name().Replace(string.Join(' ', lines), letter => letter.Value[1..].ToUpperInvariant());
    }

    /// <summary>The area that a declaration belongs to: "practices" of <c>fabrique.practices.v1</c>.</summary>
    public static string Area(this DescriptorBase declared) => declared.File.Package.Split('.')[1];

    /// <summary>
    /// The address of a call over HTTP, with the names of its parameters in braces; null for one that is made by gRPC only.
    /// </summary>
    public static string? HttpPath(this MethodDescriptor call) =>
        call.GetOptions()?.GetExtension(AnnotationsExtensions.Http) switch
        {
            null => null,
            { PatternCase: HttpRule.PatternOneofCase.Get } rule => rule.Get,
            { PatternCase: HttpRule.PatternOneofCase.Put } rule => rule.Put,
            { PatternCase: HttpRule.PatternOneofCase.Post } rule => rule.Post,
            { PatternCase: HttpRule.PatternOneofCase.Patch } rule => rule.Patch,
            var rule => rule.Delete,
        };

    private static IReadOnlyList<FileDescriptor> Load()
    {
        using var stream = typeof(ContractFiles).Assembly.GetManifestResourceStream("contracts.binpb")!;
        var set = FileDescriptorSet.Parser.ParseFrom(stream);
        return FileDescriptor.BuildFromByteStrings(
            set.File.Select(file => file.ToByteString()),
            [AnnotationsExtensions.Http, FieldBehaviorExtensions.FieldBehavior]
        );
    }

    // The second word and those after it of `page_size`.
    [GeneratedRegex("(?<=`[a-zA-Z_]*)_[a-z](?=[a-z_]*`)")]
    private static partial Regex Name();
}
