namespace Fabrique.Identity;

/// <summary>Where people reach this node: setting <c>Site:Address</c>. Links in mails begin with it, and it is the issuer of the tokens.</summary>
internal sealed record NodeSite(Uri Address)
{
    public static NodeSite Of(IConfiguration configuration) =>
        new(new Uri(configuration["Site:Address"] is { Length: > 0 } address ? address : "http://127.0.0.1:8080"));

    /// <summary>How the site calls itself for its readers, setting <c>Site:Name</c>; empty when nobody named it.</summary>
    public static string NameOf(IConfiguration configuration) => configuration["Site:Name"] ?? "";

    public string Issuer => new Uri(Address, "/").AbsoluteUri;

    /// <summary>As browsers tell it.</summary>
    public string Origin => Address.GetLeftPart(UriPartial.Authority);

    /// <summary>Whether browsers accept passkeys here: they are bound to a host name, and travel by HTTPS alone (or stay on this machine).</summary>
    public bool HasPasskeys => Address.HostNameType == UriHostNameType.Dns && (Address.Scheme == Uri.UriSchemeHttps || Address.IsLoopback);

    /// <summary>The whole address of a page, in the language of whoever is being answered.</summary>
    public string Page(string path) => new Uri(Address, Language.Current.Path + path).AbsoluteUri;
}

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
    public const string Arrival = "/compte/arrivee";
    public const string MailChoices = "/compte/courriels";
    public const string Unsubscribe = "/compte/desabonnement/";
    public const string Mailbox = "/compte/boite";
    public const string Node = "/compte/gestion";

    /// <summary>The gateway's door to a session, after which a page of the site follows.</summary>
    public const string Session = "/session/ouvrir";

    /// <summary>Query parameter: where to go afterwards.</summary>
    public const string Return = "retour";

    /// <summary>Where to go after a sign-in: on with what was under way, or into a session on the site. Only an address of this site is followed.</summary>
    public static string After(string? back) =>
        LocalAddress.Of(back) is { Length: > 1 } path ? path : $"{Session}?{Return}={Uri.EscapeDataString(To(Account))}";

    /// <summary>The same page or another, which is told where to go afterwards.</summary>
    public static string With(string page, string? back) =>
        string.IsNullOrEmpty(back) ? To(page) : $"{To(page)}?{Return}={Uri.EscapeDataString(back)}";
}
