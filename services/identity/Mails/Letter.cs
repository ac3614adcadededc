namespace Fabrique.Identity;

/// <summary>What a mail says.</summary>
/// <param name="Subject">One line.</param>
/// <param name="Paragraphs">What to say; one that is an address of this site becomes a link.</param>
internal sealed record Letter(string Subject, params IReadOnlyList<string> Paragraphs)
{
    /// <summary>Where a mail program ends such mails with one click; empty where they do not end.</summary>
    public string Unsubscribe { get; init; } = "";
}
