using Fabrique.Practices.V1;

namespace Fabrique.Portal.Practices;

/// <summary>A search of the catalogue, as it stands in an address that can be kept and shared.</summary>
public static class PracticeSearch
{
    /// <summary>What in an address asks for the answers on a map.</summary>
    public static readonly KeyValuePair<string, string> Map = new("vue", "carte");

    public static Filters Read(HttpRequest request) =>
        Filters.Read(
            request,
            "q",
            "dans",
            "tri",
            "territoire",
            "adaptee-de",
            "theme",
            "principe",
            "maturite",
            "situation",
            "region",
            Map.Key
        );

    /// <summary>What is asked of the service; without a page.</summary>
    public static ListPracticesRequest Request(Filters filters) =>
        new()
        {
            Query = filters.One("q"),
            Scope = filters.One("dans") == "difficultes" ? SearchScope.Difficulties : SearchScope.Unspecified,
            Sort = filters.One("tri") switch
            {
                "recent" => PracticeSort.Newest,
                "titre" => PracticeSort.Title,
                _ => PracticeSort.Unspecified,
            },
            Territory = filters.One("territoire"),
            AdaptedFrom = filters.One("adaptee-de"),
            Theme = { filters.All("theme") },
            Principle = { filters.All("principe") },
            Maturity = { filters.All("maturite") },
            Situation = { filters.All("situation") },
            Region = { filters.All("region") },
        };
}
