namespace Fabrique.Identity;

/// <summary>
/// Where people reach this node: setting <c>Site:Address</c>. Links in mails begin with it, and it is the issuer of the tokens.
/// </summary>
internal sealed record NodeSite(Uri Address)
{
    public static NodeSite Of(IConfiguration configuration) =>
        new(new Uri(configuration["Site:Address"] is { Length: > 0 } address ? address : "http://127.0.0.1:8080"));

    /// <summary>How the site calls itself for its readers, setting <c>Site:Name</c>; empty when nobody named it.</summary>
    public static string NameOf(IConfiguration configuration) => configuration["Site:Name"] ?? "";

    public string Issuer => new Uri(Address, "/").AbsoluteUri;

    /// <summary>As browsers tell it.</summary>
    public string Origin => Address.GetLeftPart(UriPartial.Authority);

    /// <summary>
    /// Whether browsers accept passkeys here: they are bound to a host name, and travel by HTTPS alone (or stay on this machine).
    /// </summary>
    public bool HasPasskeys => Address.HostNameType == UriHostNameType.Dns && (Address.Scheme == Uri.UriSchemeHttps || Address.IsLoopback);

    /// <summary>The whole address of a page, in the language that is spoken.</summary>
    public string Page(string path) => new Uri(Address, Language.Current.Path + path).AbsoluteUri;
}
