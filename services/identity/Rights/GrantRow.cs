namespace Fabrique.Identity;

/// <summary>A right of a person. See <see cref="Grant"/>.</summary>
internal sealed class GrantRow
{
    public required string Person { get; init; }
    public required string Role { get; init; }
    public required string Scope { get; init; }
    public string Family { get; set; } = "";
    public string Function { get; set; } = "";
    public long Since { get; init; }

    /// <summary>Null for as long as nobody ends it.</summary>
    public long? Until { get; set; }

    /// <summary>The <see cref="Until"/> that was last told; 0 when none was.</summary>
    public long EndTold { get; set; }

    public Grant Grant => new(Role, Scope, Family);
}
