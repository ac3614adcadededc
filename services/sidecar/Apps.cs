using System.Security.Cryptography;
using System.Text;
using Grpc.Core;

namespace Fabrique.Sidecar;

/// <summary>
/// The apps of this node, from configuration <c>Apps:{id}:Address</c>, <c>Apps:{id}:ApiToken</c> and the settings of a
/// <see cref="HealthProbe"/>.
/// </summary>
internal sealed class Apps(IReadOnlyList<App> all)
{
    /// <summary>Header and gRPC metadata key of the token, in both directions.</summary>
    public const string TokenHeader = "dapr-api-token";

    private static readonly IReadOnlyList<string> Keys = ["Address", "ApiToken", .. HealthProbe.Keys];

    public IReadOnlyList<App> All => all;

    public static Apps Read(IConfiguration configuration, List<string> errors)
    {
        var apps = new List<App>();
        foreach (var section in configuration.GetSection("Apps").GetChildren())
        {
            var token = section["ApiToken"];
            if (string.IsNullOrEmpty(token))
            {
                errors.Add($"{section.Path}:ApiToken: missing; set it to the DAPR_API_TOKEN of the app {section.Key}");
            }
            errors.AddRange(
                section
                    .GetChildren()
                    .Where(child => !Keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                    .Select(child => $"{child.Path}: unknown; known: {string.Join(", ", Keys)}")
            );
            var (addresses, probe) = (Addresses(section, errors), HealthProbe.Read(section, errors));
            if (addresses.Count > 0 && !string.IsNullOrEmpty(token))
            {
                apps.Add(new App(section.Key, addresses, token, probe));
            }
        }
        errors.AddRange(
            apps.GroupBy(app => Convert.ToHexString(app.ApiTokenHash))
                .Where(same => same.Count() > 1)
                .Select(same =>
                    $"Apps: {string.Join(", ", same.Select(app => app.Id))} have the same ApiToken; an app is known by its own token"
                )
        );
        return new Apps(apps);
    }

    /// <summary>One address per replica, separated by semicolons.</summary>
    private static List<Uri> Addresses(IConfigurationSection app, List<string> errors)
    {
        var addresses = new List<Uri>();
        foreach (var text in (app["Address"] ?? "").Split(';', StringSplitOptions.TrimEntries))
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            {
                addresses.Add(address);
            }
            else
            {
                errors.Add(
                    $"{app.Path}:Address: '{text}' is not an address; give one such as http://127.0.0.1:5001, or several separated by ;"
                );
            }
        }
        return addresses;
    }

    public App? Find(string id) => all.FirstOrDefault(app => string.Equals(app.Id, id, StringComparison.OrdinalIgnoreCase));

    /// <summary>Finds the calling app by its token, in a time that depends neither on the token nor on the app.</summary>
    private App? Identify(HttpContext context)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(context.Request.Headers[TokenHeader].ToString()));
        App? caller = null;
        foreach (var app in all)
        {
            caller = CryptographicOperations.FixedTimeEquals(hash, app.ApiTokenHash) ? app : caller;
        }
        return caller;
    }

    /// <summary>
    /// Lets a request pass with the calling <see cref="App"/> as a feature, or answers 401 / Unauthenticated; health is for all.
    /// </summary>
    public Task AuthenticateAsync(HttpContext context, RequestDelegate next)
    {
        var caller = Identify(context);
        context.Features.Set(caller);
        if (caller is not null || IsHealth(context.Request.Path))
        {
            return next(context);
        }
        const string Reason = $"missing or wrong {TokenHeader}: send the DAPR_API_TOKEN this app was started with";
        return DaprError.WriteAsync(context, StatusCode.Unauthenticated, "ERR_API_TOKEN", Reason);
    }

    private static bool IsHealth(PathString path) =>
        path == "/v1.0/healthz" || path == "/v1.0/healthz/outbound" || path == "/health" || path == "/alive";
}
