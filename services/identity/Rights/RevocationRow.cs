namespace Fabrique.Identity;

/// <summary>Tokens that no longer count: a person's with fewer <see cref="Rights"/>, or a session's.</summary>
internal sealed class RevocationRow
{
    public required string Id { get; init; }
    public string Person { get; init; } = "";
    public long Rights { get; init; }
    public string Session { get; init; } = "";
    public long At { get; init; }
}
