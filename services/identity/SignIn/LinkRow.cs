namespace Fabrique.Identity;

/// <summary>What a link sent by mail stands for, once.</summary>
internal sealed class LinkRow
{
    public required string Id { get; init; }
    public required string Hash { get; init; }
    public required string Purpose { get; init; }
    public required string Email { get; init; }

    /// <summary>Whose account it changes; "" where the address says so.</summary>
    public string Person { get; init; } = "";

    /// <summary>Where its reader was going, encrypted; "" for nowhere in particular.</summary>
    public string Destination { get; init; } = "";
    public string Role { get; init; } = "";
    public string Scope { get; init; } = "";
    public string Family { get; init; } = "";
    public string Function { get; init; } = "";

    /// <summary>Until when the promised right will hold; null when nothing ends it.</summary>
    public long? Until { get; init; }
    public long CreatedAt { get; init; }
    public long ExpiresAt { get; init; }
}
