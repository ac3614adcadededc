namespace Fabrique.Identity;

/// <summary>A token with which a program acts for a person.</summary>
internal sealed class PersonalTokenRow
{
    /// <summary>Also the session that the access tokens got with it name.</summary>
    public required string Id { get; init; }
    public required string Hash { get; set; }
    public required string Person { get; init; }

    /// <summary>What the person calls the program.</summary>
    public required string Name { get; init; }

    /// <summary>"delegate:62528 observer:*": what it was made for, of which only what the person still has counts.</summary>
    public required string Grants { get; init; }
    public bool Writes { get; init; }
    public long CreatedAt { get; init; }
    public long ExpiresAt { get; init; }

    /// <summary>The day on which it was last used, "2026-03-01"; empty before the first time.</summary>
    public string UsedOn { get; set; } = "";
}

/// <summary>A program of the node, which has a name and a secret of its own.</summary>
internal sealed class ProgramRow
{
    /// <summary>Its client id.</summary>
    public required string Id { get; init; }
    public required string Name { get; init; }

    /// <inheritdoc cref="PersonalTokenRow.Grants"/>
    public required string Grants { get; init; }
    public bool Writes { get; init; }

    /// <summary>A name of the secret it has now, which the access tokens got with it bear as their session.</summary>
    public required string Secret { get; set; }
    public long CreatedAt { get; init; }

    /// <inheritdoc cref="PersonalTokenRow.UsedOn"/>
    public string UsedOn { get; set; } = "";
}
