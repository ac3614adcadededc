using Microsoft.AspNetCore.Http.Extensions;

namespace Fabrique.Site.Lists;

/// <summary>The state of a list, which is all in its address: words, filters, and the way through the pages.</summary>
public sealed record Filters(string Path, IReadOnlyList<KeyValuePair<string, string>> Values)
{
    /// <summary>Tokens of the pages already turned, the current one last. Only the latest are kept, so that addresses stay short.</summary>
    private const string Trail = "suite";
    private const string Number = "page";
    private const int TrailLength = 5;

    /// <summary>Reads the named parameters of the address; others are ignored, and so are empty ones.</summary>
    public static Filters Read(HttpRequest request, params string[] names) =>
        new(
            request.Path,
            [
                .. from name in (string[])[.. names, Number, Trail]
                from value in request.Query[name]
                where !string.IsNullOrWhiteSpace(value)
                select KeyValuePair.Create(name, value.Trim()),
            ]
        );

    public string PageToken => All(Trail).LastOrDefault() ?? "";

    public int Page => int.TryParse(One(Number), out var page) && page > 1 ? page : 1;

    /// <summary>True when something narrows the list.</summary>
    public bool Any => Values.Any(value => value.Key is not (Trail or Number));

    public string One(string name) => All(name).FirstOrDefault() ?? "";

    public IEnumerable<string> All(string name) => Values.Where(value => value.Key == name).Select(value => value.Value);

    public bool Has(string name, string value) => Values.Contains(new(name, value));

    public Filters With(string name, string value) => FirstPage() with { Values = [.. FirstPage().Values, new(name, value)] };

    public Filters Without(string name, string value) =>
        FirstPage() with
        {
            Values = [.. FirstPage().Values.Where(entry => entry.Key != name || entry.Value != value)],
        };

    public Filters FirstPage() => this with { Values = [.. Values.Where(value => value.Key is not (Trail or Number))] };

    public Filters Next(string token) => Turned(Page + 1, All(Trail).Append(token));

    /// <summary>Null on the first page, and when the way back has been forgotten.</summary>
    public Filters? Previous() =>
        (Page, All(Trail).Count()) switch
        {
            (1, _) => null,
            (2, _) => FirstPage(),
            (_, > 1) => Turned(Page - 1, All(Trail).SkipLast(1)),
            _ => null,
        };

    /// <summary>The address of the list in the language of the page.</summary>
    public override string ToString() => To(Path) + new QueryBuilder(Values).ToQueryString();

    private Filters Turned(int page, IEnumerable<string> trail) =>
        this with
        {
            Values =
            [
                .. FirstPage().Values,
                new(Number, $"{page}"),
                .. trail.TakeLast(TrailLength).Select(token => KeyValuePair.Create(Trail, token)),
            ],
        };
}
