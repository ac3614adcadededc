namespace Fabrique.Identity;

/// <summary>Something that a person is to be told, or was told within two days.</summary>
internal sealed class NoticeRow
{
    /// <summary><see cref="SentOn"/> of what was not told yet.</summary>
    public const string Waiting = "";

    public required string Id { get; init; }
    public string Person { get; init; } = "";

    /// <summary>Name of one of the <see cref="NoticeTopics"/>.</summary>
    public required string Topic { get; init; }
    public required string Subject { get; init; }

    /// <summary>The day, "2026-03-17", on which a mail told it.</summary>
    public string SentOn { get; set; } = Waiting;
    public required string Territory { get; init; }

    /// <summary>What happened, as <see cref="NoticeTexts"/> writes and reads it; empty for an <see cref="EarlierNotice"/>.</summary>
    public string Sentence { get; set; } = "";

    /// <summary>Of an <see cref="EarlierNotice"/> only.</summary>
    public string Title { get; init; } = "";

    /// <summary>Of an <see cref="EarlierNotice"/> only.</summary>
    public string State { get; init; } = "";
    public required string Path { get; set; }
    public required string Event { get; set; }
    public long HappenedAt { get; set; }

    /// <summary>When a digest takes it, Unix milliseconds.</summary>
    public long DueAt { get; set; }

    /// <summary>The mail that told it.</summary>
    public string Mail { get; set; } = "";

    /// <summary>The same for one of those whom it concerns.</summary>
    public NoticeRow To(string person, string id, long due) =>
        new()
        {
            Id = id,
            Person = person,
            Topic = Topic,
            Subject = Subject,
            Territory = Territory,
            Sentence = Sentence,
            Path = Path,
            Event = Event,
            HappenedAt = HappenedAt,
            DueAt = due,
        };
}
