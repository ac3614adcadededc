using System.Xml;

namespace Fabrique.Portal.Practices;

/// <summary>The latest practices of a search as an Atom feed (RFC 4287): whoever follows it learns of new ones without an account.</summary>
public static class PracticeFeed
{
    private const string Atom = "http://www.w3.org/2005/Atom";
    private const int Most = 50;

    public static async Task WriteAsync(HttpContext http, IAsyncEnumerable<ExportedPractice> practices)
    {
        var latest = await practices.Take(Most).ToListAsync(http.RequestAborted);
        var address = $"{http.Site()}{http.Request.PathBase}{http.Request.Path}{http.Request.QueryString}";
        await using var xml = XmlWriter.Create(http.Response.Body, new XmlWriterSettings { Async = true });
        await xml.WriteStartDocumentAsync();
        await xml.WriteStartElementAsync(null, "feed", Atom);
        await xml.WriteAttributeStringAsync("xml", "lang", null, Language.Current.Code);
        await WriteAsync("id", address);
        await WriteAsync("title", T["Pratiques des territoires du réseau"]);
        await WriteAsync(
            "updated",
            latest.Select(practice => Time(practice.Practice.Record)).DefaultIfEmpty("1970-01-01T00:00:00Z").Max(StringComparer.Ordinal)!
        );
        await WriteLinkAsync("self", address);
        await WriteLinkAsync("alternate", address.Replace("/pratiques.atom", "/pratiques", StringComparison.Ordinal));
        foreach (var (practice, page) in latest)
        {
            await xml.WriteStartElementAsync(null, "entry", Atom);
            await WriteAsync("id", $"urn:uuid:{practice.Id}");
            await WriteAsync("title", practice.Title);
            await WriteAsync("updated", Time(practice.Record));
            await WriteLinkAsync("alternate", page);
            await xml.WriteStartElementAsync(null, "author", Atom);
            await WriteAsync("name", Show.Where(practice.Place, practice.Territory));
            await xml.WriteEndElementAsync();
            await WriteAsync("summary", practice.Summary);
            await WriteAsync("rights", Vocabulary.Licence.Label(practice.Licence));
            foreach (var theme in practice.Themes)
            {
                await xml.WriteStartElementAsync(null, "category", Atom);
                await xml.WriteAttributeStringAsync(null, "term", null, theme);
                await xml.WriteAttributeStringAsync(null, "label", null, Vocabulary.Theme.Label(theme));
                await xml.WriteEndElementAsync();
            }
            await xml.WriteEndElementAsync();
        }
        await xml.WriteEndDocumentAsync();

        Task WriteAsync(string name, string text) => xml.WriteElementStringAsync(null, name, Atom, text);

        async Task WriteLinkAsync(string rel, string href)
        {
            await xml.WriteStartElementAsync(null, "link", Atom);
            await xml.WriteAttributeStringAsync(null, "rel", null, rel);
            await xml.WriteAttributeStringAsync(null, "href", null, href);
            await xml.WriteEndElementAsync();
        }
    }

    private static string Time(Records.V1.RecordInfo? record) =>
        record?.ChangedAt?.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null) ?? "1970-01-01T00:00:00Z";
}
