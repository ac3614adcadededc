namespace Fabrique.Identity;

/// <summary>A mail that waits to be sent.</summary>
internal sealed class MailRow
{
    public required string Id { get; init; }
    public required string Recipient { get; init; }
    public required string Subject { get; init; }
    public required string Text { get; init; }
    public required string Html { get; init; }

    /// <summary>Where a mail program ends such mails with one click; empty where they do not end.</summary>
    public string Unsubscribe { get; init; } = "";
    public long CreatedAt { get; init; }
    public long NextAt { get; set; }
    public int Attempts { get; set; }

    /// <summary>What went wrong last, as <see cref="MailServer.Words"/> reads it; empty when nothing did.</summary>
    public string Failure { get; set; } = "";
}
