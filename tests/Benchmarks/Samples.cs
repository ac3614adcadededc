using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Runner;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Fabrique.Benchmarks;

/// <summary>Records of the size and the words that towns write: a practice of Loos-en-Gohelle, under as many names as it takes.</summary>
internal static class Samples
{
    public const string Territory = "62528";

    private static readonly Practice Practice = ListPracticesResponse
        .Parser.ParseJson(
            File.ReadAllText(
                Directory
                    .EnumerateFiles(Path.Combine(Checkout.Root(), "services", "practices", "Data"), "*.json")
                    .Order(StringComparer.Ordinal)
                    .First()
            )
        )
        .Practices[0];

    public static string NewId() => Guid.CreateVersion7().ToString();

    /// <summary>A practice as its service would store it when published.</summary>
    public static Practice NewPractice(string id)
    {
        var practice = Practice.Clone();
        (practice.Id, practice.Territory, practice.Status) = (id, Territory, PracticeStatus.Published);
        return practice;
    }

    /// <summary>The first version of a record, written and shared by this node.</summary>
    public static Record NewRecord(string id, string home) =>
        new()
        {
            Kind = RecordKind.NameOf<Practice>(),
            Id = id,
            Territory = Territory,
            Home = home,
            Version = 1,
            ChangedAt = TimeProvider.System.GetUtcNow().ToTimestamp(),
            Change = "published",
            Visibility = Visibility.Public,
            Body = NewPractice(id).ToByteString(),
        };
}
