namespace Fabrique.Identity;

/// <summary>A service that is to forget a person, and whether it has.</summary>
internal sealed class ErasureRow
{
    /// <summary>
    /// The same for every service that is asked to forget this person; names the page that shows it, and cannot be guessed.
    /// </summary>
    public required string Request { get; init; }

    /// <summary>Application id.</summary>
    public required string Service { get; init; }

    /// <summary>The account; empty once the service has answered.</summary>
    public required string Person { get; set; }

    /// <summary>The address of the account, in lower case; empty once the service has answered.</summary>
    public required string Email { get; set; }

    /// <summary>When it is asked again, Unix milliseconds.</summary>
    public long NextAt { get; set; }
    public int Attempts { get; set; }

    /// <summary>Unix milliseconds; null until then.</summary>
    public long? AnsweredAt { get; set; }
}
