namespace Fabrique.Identity;

/// <summary>
/// Something the territory of a request is in, by the name that a facilitator's grant has for it: its region "R32", its cohort.
/// </summary>
internal sealed class JoinScopeRow
{
    public required string Request { get; init; }
    public required string Scope { get; init; }
}
