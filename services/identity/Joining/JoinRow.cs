namespace Fabrique.Identity;

/// <summary>A person asks for a right in a territory.</summary>
internal sealed class JoinRow
{
    public const string Open = "open";
    public const string Accepted = "accepted";
    public const string Refused = "refused";

    public required string Id { get; init; }
    public required string Person { get; init; }
    public required string Territory { get; init; }
    public required string Family { get; set; }
    public required string Function { get; set; }
    public required string Proof { get; set; }

    public required string Status { get; set; }
    public string Reason { get; set; } = "";
    public long AskedAt { get; set; }
    public long? DecidedAt { get; set; }
}
