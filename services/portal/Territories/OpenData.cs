using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Fabrique.Portal.Maps;
using Fabrique.Site.Exports;
using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fabrique.Portal.Territories;

/// <summary>
/// What machines read: GeoJSON (RFC 7946, WGS84) of territories, linked data (schema.org) in their pages, and the drawing of the map.
/// </summary>
public static class OpenData
{
    // Accents stay letters; what could close a script or an attribute is escaped.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    public static void MapOpenData(this WebApplication app)
    {
        app.MapGet("/territoires/{code}.geojson", FeatureAsync).ReadByOtherSites();
        app.MapGet("/territoires.geojson", MembersAsync).ReadByOtherSites();
        app.MapGet("/carte.svg", MapAsync);
    }

    /// <summary>schema.org/Place, as a block of data for the page: https://schema.org/AdministrativeArea.</summary>
    public static string LinkedData(Territory territory, string site)
    {
        var data = new JsonObject
        {
            ["@context"] = "https://schema.org",
            ["@type"] = "AdministrativeArea",
            ["@id"] = site + Page(territory),
            ["url"] = site + Page(territory),
            ["name"] = territory.Name,
            ["identifier"] = new JsonArray([
                .. Codes(territory)
                    .Select(code => new JsonObject
                    {
                        ["@type"] = "PropertyValue",
                        ["propertyID"] = code.Name,
                        ["value"] = code.Value,
                    }),
            ]),
        };
        if (territory.Coordinates is { Approximate: false } point)
        {
            data["geo"] = new JsonObject
            {
                ["@type"] = "GeoCoordinates",
                ["latitude"] = point.Latitude,
                ["longitude"] = point.Longitude,
            };
        }
        if (territory.Profile?.Introduction is { Length: > 0 } introduction)
        {
            data["description"] = introduction;
        }
        if (
            (territory.Kind is "DEP" ? territory.Region : territory.Department ?? territory.Region) is { Name.Length: > 0 } around
            && territory.Kind is not ("REG" or "AUT")
        )
        {
            data["containedInPlace"] = new JsonObject { ["@type"] = "AdministrativeArea", ["name"] = around.Name };
        }

        return data.ToJsonString(Readable);
    }

    private static async Task<Results<ContentHttpResult, RedirectHttpResult, StatusCodeHttpResult>> FeatureAsync(
        string code,
        TerritoryService.TerritoryServiceClient territories
    )
    {
        var answer = await territories.GetTerritoryAsync(new() { Id = code }).Answer();
        return answer.Value?.Territory is not { } territory ? TypedResults.StatusCode(answer.StatusCode)
            : territory.Id != code ? TypedResults.Redirect($"/territoires/{territory.Id}.geojson")
            : Json(Feature(territory));
    }

    /// <summary>The territories of the network, by hundreds until there are no more.</summary>
    private static async Task<Results<ContentHttpResult, StatusCodeHttpResult>> MembersAsync(
        TerritoryService.TerritoryServiceClient territories
    )
    {
        var (features, token) = (new JsonArray(), "");
        do
        {
            var answer = await territories
                .ListTerritoriesAsync(
                    new()
                    {
                        Joined = true,
                        PageSize = 100,
                        PageToken = token,
                    }
                )
                .Answer();
            if (answer.Value is not { } list)
            {
                return TypedResults.StatusCode(answer.StatusCode);
            }

            foreach (var territory in list.Territories.Where(territory => !Fictional.Is(territory.Id)))
            {
                features.Add(Feature(territory));
            }
            token = list.NextPageToken;
        } while (token.Length > 0);

        return Json(new JsonObject { ["type"] = "FeatureCollection", ["features"] = features });
    }

    private static async Task<Results<ContentHttpResult, StatusCodeHttpResult>> MapAsync(BaseMapSvg maps, HttpContext http)
    {
        if (await maps.GetAsync() is not { } map)
        {
            return TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }

        // Pages name the version they mean; any other address gets the latest, for a short time.
        http.Response.Headers.CacheControl =
            http.Request.Query["v"] == map.Version ? "public, max-age=31536000, immutable" : "public, max-age=60";
        return TypedResults.Text(map.Svg, "image/svg+xml; charset=utf-8");
    }

    private static JsonObject Feature(Territory territory)
    {
        var properties = new JsonObject
        {
            ["code"] = territory.Id,
            ["kind"] = territory.Kind,
            ["name"] = territory.Name,
        };
        foreach (var (name, value) in Codes(territory))
        {
            properties[name.ToLowerInvariant()] = value;
        }
        if (territory.HasPopulation)
        {
            (properties["population"], properties["populationYear"]) = (territory.Population, territory.PopulationYear);
        }
        (properties["department"], properties["region"]) = (territory.Department?.Code, territory.Region?.Code);
        properties["member"] = territory.Joined;
        properties["page"] = Page(territory);
        properties["sources"] = new JsonArray([.. territory.OfficialSources.Select(source => JsonValue.Create(source))]);
        var point = territory.Coordinates;
        properties["approximate"] = point?.Approximate;

        return new JsonObject
        {
            ["type"] = "Feature",
            ["id"] = territory.Id,
            ["geometry"] = point is null
                ? null
                : new JsonObject { ["type"] = "Point", ["coordinates"] = new JsonArray(point.Longitude, point.Latitude) },
            ["properties"] = properties,
        };
    }

    private static IEnumerable<(string Name, string Value)> Codes(Territory territory) =>
        new[] { ("INSEE", territory.Insee), ("SIREN", territory.Siren) }.Where(code => code.Item2.Length > 0);

    // The same whatever the language of the reader.
    private static string Page(Territory territory) => $"/territoires/{TerritoryAddress.Segment(territory.Id, territory.Name)}";

    private static ContentHttpResult Json(JsonObject json) => TypedResults.Text(json.ToJsonString(Readable), "application/geo+json");
}
