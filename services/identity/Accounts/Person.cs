using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>An account: an address that was confirmed, and a name to be called by.</summary>
public sealed class Person : IdentityUser
{
    /// <summary>As the person writes it; at most 100 characters.</summary>
    public string Name { get; set; } = "";

    /// <summary>The language of the mails: "fr", "en".</summary>
    public string Language { get; set; } = "fr";

    /// <summary>Grows each time a right is given or ended: tokens with an earlier one no longer count.</summary>
    public long Rights { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public long CreatedAt { get; set; }

    /// <summary>Of the last sign-in, Unix milliseconds.</summary>
    public long SeenAt { get; set; }

    /// <summary>When the person was last told that the account, which nobody used, would be erased. Unix milliseconds.</summary>
    public long WarnedAt { get; set; }

    /// <summary>The employer that a provider of identities named: nine digits, or "". It suggests a territory and gives no right.</summary>
    public string Siren { get; set; } = "";
}
