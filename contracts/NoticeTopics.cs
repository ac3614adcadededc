namespace Fabrique;

/// <summary>
/// What mails can be about: people choose for each topic how soon they read it. An area declares its topics beside its contract, in a file
/// of this class; the page of choices lists them all, before anything has happened.
/// </summary>
public static partial class NoticeTopics
{
    // Made when first asked for, which is after the fields of every file.
    private static readonly Lazy<IReadOnlyList<NoticeTopic>> Declared = new(() =>
        [
            .. typeof(NoticeTopics)
                .GetFields()
                .Select(field => field.GetValue(null))
                .OfType<NoticeTopic>()
                .OrderBy(topic => topic.Name, StringComparer.Ordinal),
        ]
    );

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<NoticeTopic> All => Declared.Value;

    /// <summary>The topic of this name; null when no area declares it.</summary>
    public static NoticeTopic? Find(string name) => All.FirstOrDefault(topic => topic.Name == name);
}

/// <summary>Something that mails are about.</summary>
/// <param name="Name">Its area and a word of its own: "practices.remark". It is kept with what people choose, and so never changes.</param>
/// <param name="Label">For those who choose, in the language that is spoken.</param>
/// <param name="IsUrgent">Whether those read of it at once who chose nothing; the others wait for the digest of the day.</param>
public sealed record NoticeTopic(string Name, Func<string> Label, bool IsUrgent = false);
