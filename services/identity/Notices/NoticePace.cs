namespace Fabrique.Identity;

/// <summary>How soon somebody reads of a topic.</summary>
internal static class NoticePace
{
    public const string AtOnce = "at-once";
    public const string Daily = "daily";
    public const string Never = "never";

    /// <summary>Of those who chose nothing.</summary>
    public static string Usual(NoticeTopic? topic) => topic is { IsUrgent: true } ? AtOnce : Daily;
}
