namespace Fabrique.Identity;

/// <summary>How a person wants to hear of a topic.</summary>
internal sealed class NoticeChoiceRow
{
    public required string Person { get; init; }
    public required string Topic { get; init; }

    /// <summary>One of <see cref="NoticePace"/>.</summary>
    public required string Pace { get; set; }
}
