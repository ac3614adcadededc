using System.Globalization;
using System.Text;
using System.Xml;

namespace Fabrique.Site.Exports;

/// <summary>One entry of a feed.</summary>
/// <param name="Id">Never changes: "urn:uuid:…".</param>
/// <param name="Title">Plain text.</param>
/// <param name="Updated">When it last changed.</param>
/// <param name="Page">The whole address of its page.</param>
/// <param name="Author">Whose it is.</param>
/// <param name="Summary">Plain text.</param>
/// <param name="Rights">What may be done with it.</param>
/// <param name="Categories">Code and label of each.</param>
public sealed record AtomEntry(
    string Id,
    string Title,
    DateTimeOffset? Updated,
    string Page,
    string Author,
    string Summary,
    string Rights,
    IEnumerable<(string Term, string Label)> Categories
);

/// <summary>A list as an Atom feed (RFC 4287): whoever follows it learns of new items without an account.</summary>
public static class AtomFeed
{
    public const string Type = "application/atom+xml; charset=utf-8";

    private const string Atom = "http://www.w3.org/2005/Atom";
    private const int MaxEntries = 50;

    /// <summary>Writes the feed that was asked for; without its ".atom", its address is that of the page with the same list.</summary>
    /// <param name="http">The request for the feed.</param>
    /// <param name="title">In the language of the address.</param>
    /// <param name="entries">The newest first; of more than fifty, the first fifty.</param>
    public static async Task WriteAsync(HttpContext http, string title, IAsyncEnumerable<AtomEntry> entries)
    {
        var latest = await entries.Take(MaxEntries).ToListAsync(http.RequestAborted);
        var (path, query) = ($"{http.Site()}{http.Request.PathBase}{http.Request.Path}", http.Request.QueryString);
        // Readers look for "<?xml" in the first bytes: no mark of the byte order stands before it.
        await using var xml = XmlWriter.Create(
            http.Response.Body,
            new XmlWriterSettings { Async = true, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) }
        );
        await xml.WriteStartDocumentAsync();
        await xml.WriteStartElementAsync(null, "feed", Atom);
        await xml.WriteAttributeStringAsync("xml", "lang", null, Language.Current.Code);
        await WriteAsync("id", $"{path}{query}");
        await WriteAsync("title", title);
        await WriteAsync("updated", Time(latest.Max(entry => entry.Updated)));
        await WriteLinkAsync("self", $"{path}{query}");
        await WriteLinkAsync("alternate", $"{Path.ChangeExtension(path, null)}{query}");
        foreach (var entry in latest)
        {
            await xml.WriteStartElementAsync(null, "entry", Atom);
            await WriteAsync("id", entry.Id);
            await WriteAsync("title", entry.Title);
            await WriteAsync("updated", Time(entry.Updated));
            await WriteLinkAsync("alternate", entry.Page);
            await xml.WriteStartElementAsync(null, "author", Atom);
            await WriteAsync("name", entry.Author);
            await xml.WriteEndElementAsync();
            await WriteAsync("summary", entry.Summary);
            await WriteAsync("rights", entry.Rights);
            foreach (var (term, label) in entry.Categories)
            {
                await xml.WriteStartElementAsync(null, "category", Atom);
                await xml.WriteAttributeStringAsync(null, "term", null, Texts.WellFormed(term));
                await xml.WriteAttributeStringAsync(null, "label", null, Texts.WellFormed(label));
                await xml.WriteEndElementAsync();
            }
            await xml.WriteEndElementAsync();
        }
        await xml.WriteEndDocumentAsync();

        Task WriteAsync(string name, string text) => xml.WriteElementStringAsync(null, name, Atom, Texts.WellFormed(text));

        async Task WriteLinkAsync(string rel, string href)
        {
            await xml.WriteStartElementAsync(null, "link", Atom);
            await xml.WriteAttributeStringAsync(null, "rel", null, rel);
            await xml.WriteAttributeStringAsync(null, "href", null, Texts.WellFormed(href));
            await xml.WriteEndElementAsync();
        }
    }

    private static string Time(DateTimeOffset? moment) =>
        (moment ?? DateTimeOffset.UnixEpoch).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
