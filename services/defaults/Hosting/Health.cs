using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fabrique;

internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = WriteAsync }).AllowAnonymous();
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync }).AllowAnonymous();
    }

    /// <summary>
    /// <c>{"status":"healthy","version":"0.1.0","checks":{"relay":{"status":"healthy","lag":0}}}</c>: names and figures, never a message of
    /// an exception.
    /// </summary>
    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var checks = report.Entries.ToDictionary(
            entry => entry.Key,
            entry => new SortedDictionary<string, object>(entry.Value.Data.ToDictionary(), StringComparer.Ordinal)
            {
                ["status"] = Name(entry.Value.Status),
            }
        );
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(
            context.Response.Body,
            new
            {
                status = Name(report.Status),
                version = Release.Version,
                checks,
            },
            Problem.Readable,
            context.RequestAborted
        );
    }

    private static string Name(HealthStatus status) => status.ToString().ToLowerInvariant();
}
