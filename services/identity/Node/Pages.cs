using Microsoft.AspNetCore.WebUtilities;

namespace Fabrique.Identity;

/// <summary>The addresses of the pages of accounts.</summary>
internal static class Pages
{
    public const string Account = "/compte";
    public const string SignIn = "/compte/connexion";
    public const string SignUp = "/compte/inscription";
    public const string Link = "/compte/lien/";
    public const string SecondFactor = "/compte/verification";
    public const string SecondFactorSetUp = "/compte/second-facteur";
    public const string SetUp = "/compte/installation";
    public const string Data = "/compte/donnees";
    public const string Erasure = "/compte/effacement/";
    public const string Tokens = "/compte/jetons";
    public const string Programs = "/compte/programmes";
    public const string Access = "/compte/acces";
    public const string Confirm = "/compte/confirmation";
    public const string Address = "/compte/adresse";
    public const string Welcome = "/compte/bienvenue";
    public const string Forgotten = "/compte/mot-de-passe-oublie";
    public const string Arrival = "/compte/arrivee";
    public const string MailChoices = "/compte/courriels";
    public const string Unsubscribe = "/compte/desabonnement/";
    public const string Mailbox = "/compte/boite";
    public const string Node = "/compte/gestion";

    /// <summary>The gateway's door to a session, after which a page of the site follows.</summary>
    public const string Session = "/session/ouvrir";

    /// <summary>Where a sign-in of OpenID Connect begins.</summary>
    public const string Authorize = "/connect/authorize";

    /// <summary>Query parameter: where to go afterwards.</summary>
    public const string Return = "retour";

    /// <summary>
    /// Where to go after a sign-in: on with what was under way, or into a session on the site. Only an address of this site is followed.
    /// </summary>
    public static string After(string? back) =>
        LocalAddress.Of(back) is { Length: > 1 } path ? path : $"{Session}?{Return}={Uri.EscapeDataString(To(Account))}";

    /// <summary>
    /// Where to go after a mail was read, perhaps in another browser: into a session on the site, and on to where its reader was going.
    /// </summary>
    public static string AfterMail(string? destination) => $"{Session}?{Return}={Uri.EscapeDataString(destination ?? To(Account))}";

    /// <summary>
    /// What a way back leads to in the end, which is worth keeping for another browser: behind a door of the gateway, or a sign-in that is
    /// under way in this browser, the page itself. Null for nothing, or for no address of this site.
    /// </summary>
    public static string? Destination(string? back)
    {
        if (LocalAddress.Of(back) is not { Length: > 1 } path)
        {
            return null;
        }
        var question = path.IndexOf('?', StringComparison.Ordinal);
        return question >= 0 && path[..question] is Session or Authorize
            ? Destination(QueryHelpers.ParseQuery(path[question..]).TryGetValue(Return, out var page) ? page.ToString() : null)
            : path;
    }

    /// <summary>The same page or another, which is told where to go afterwards.</summary>
    public static string With(string page, string? back) =>
        string.IsNullOrEmpty(back) ? To(page) : $"{To(page)}?{Return}={Uri.EscapeDataString(back)}";
}
