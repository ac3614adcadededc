namespace Fabrique.Identity;

/// <summary>A browser in which a person signed in.</summary>
internal sealed class SessionRow
{
    public required string Id { get; init; }
    public required string Person { get; init; }

    /// <summary>Whether a second factor was shown, or a passkey.</summary>
    public bool Strong { get; set; }

    /// <summary>"Firefox, Windows": enough for the person to recognise it, and no more.</summary>
    public string Browser { get; init; } = "";

    /// <summary>
    /// How it began: "" by password, <see cref="Entry.Mail"/>, <see cref="Entry.Passkey"/>, or the code of a provider of identities.
    /// </summary>
    public string Way { get; init; } = "";
    public long CreatedAt { get; init; }
    public long SeenAt { get; set; }

    /// <summary>When the person last proved who sits there, Unix milliseconds: by the sign-in, or since.</summary>
    public long ProvenAt { get; set; }

    /// <summary>When it ends whatever happens, Unix milliseconds; null for one that a provider of identities did not open.</summary>
    public long? EndsAt { get; init; }
}
