using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fabrique;

/// <summary>The contracts as they are written, with their comments and annotations: what people are told of them.</summary>
public static class ContractFiles
{
    /// <summary>Every file, after those it imports.</summary>
    public static IReadOnlyList<FileDescriptor> All { get; } = Load();

    /// <summary>What the contract says before a declaration, on one line for each paragraph; empty when it says nothing.</summary>
    public static string Comment(this DescriptorBase declared) => string.Join('\n', (declared.Declaration?.LeadingComments ?? "")
        .Split('\n').Select(line => line.Trim()).Where(line => !line.StartsWith("buf:lint", StringComparison.Ordinal))
        .Aggregate("", (text, line) => line.Length == 0 ? $"{text}\n" : text.Length == 0 || text[^1] == '\n' ? text + line : $"{text} {line}")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries));

    private static IReadOnlyList<FileDescriptor> Load()
    {
        using var stream = typeof(ContractFiles).Assembly.GetManifestResourceStream("contracts.binpb")!;
        var set = FileDescriptorSet.Parser.ParseFrom(stream);
        return FileDescriptor.BuildFromByteStrings(set.File.Select(file => file.ToByteString()), [AnnotationsExtensions.Http, FieldBehaviorExtensions.FieldBehavior]);
    }
}
