using Fabrique.Site.Exports;

namespace Fabrique.Portal.Practices;

/// <summary>The latest practices of a search as a feed.</summary>
internal static class PracticeFeed
{
    public static Task WriteAsync(HttpContext http, IAsyncEnumerable<ExportedPractice> practices) =>
        AtomFeed.WriteAsync(http, T["Pratiques des territoires du réseau"], practices.Select(Entry));

    private static AtomEntry Entry(ExportedPractice exported)
    {
        var practice = exported.Practice;
        return new(
            $"urn:uuid:{practice.Id}",
            practice.Title,
            practice.Record?.ChangedAt?.ToDateTimeOffset(),
            exported.Address,
            Show.Where(practice.Place, practice.Territory),
            practice.Summary,
            Vocabulary.Licence.Label(practice.Licence),
            practice.Themes.Select(theme => (theme, Vocabulary.Theme.Label(theme)))
        );
    }
}
