namespace Fabrique.Identity;

/// <summary>A challenge that a passkey has answered.</summary>
internal sealed class SpentRow
{
    public required string Hash { get; init; }
    public long SpentAt { get; init; }
}
