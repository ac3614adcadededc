using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fabrique.Portal.Legal;

/// <summary>The register of processing for a program: what the page on privacy says.</summary>
internal static class Register
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    public static void MapRegister(this WebApplication app) => app.MapGet("/confidentialite.json", Json);

    /// <summary>The register of processing, in French: what the law asks of who keeps a node.</summary>
    private static ContentHttpResult Json() =>
        TypedResults.Text(
            new JsonArray([
                .. Purposes.All.Select(purpose => new JsonObject
                {
                    ["code"] = purpose.Code,
                    ["name"] = purpose.Name(),
                    ["purpose"] = purpose.Why(),
                    ["data"] = purpose.Data(),
                    ["recipients"] = purpose.Readers(),
                    ["retention"] = purpose.Until(),
                    ["retentionDays"] = purpose.Kept?.TotalDays,
                }),
            ]).ToJsonString(Readable),
            "application/json"
        );
}
