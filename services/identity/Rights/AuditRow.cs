namespace Fabrique.Identity;

/// <summary>Who did what to whose rights. Only ever added to.</summary>
internal sealed class AuditRow
{
    public required string Id { get; init; }
    public long At { get; init; }
    public required string Actor { get; set; }
    public required string Action { get; init; }
    public required string Subject { get; set; }
    public required string Detail { get; init; }
}
