using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>
/// What the script of the pages asks before it turns to the device: a challenge, which the cookie of the ceremony remembers.
/// </summary>
internal static class PasskeyEndpoints
{
    /// <summary>A challenge for whoever wants to enter.</summary>
    public const string Enter = "/compte/cle/entree";

    /// <summary>A challenge for a new key of whoever is signed in.</summary>
    public const string Add = "/compte/cle/ajout";

    public static void AddPasskeys(this IServiceCollection services, NodeSite site) =>
        services
            .AddScoped<Passkeys>()
            .Configure<IdentityPasskeyOptions>(passkeys =>
            {
                passkeys.ServerDomain = site.Address.Host;
                // The key proves who holds it, and is found without typing an address first.
                passkeys.UserVerificationRequirement = "required";
                passkeys.ResidentKeyRequirement = "required";
                passkeys.ValidateOrigin = context =>
                    ValueTask.FromResult(context is { CrossOrigin: false } && context.Origin == site.Origin);
            });

    public static void MapPasskeys(this WebApplication app)
    {
        app.MapPost(Enter, async (HttpContext http, IAntiforgery antiforgery, NodeSite site, Entry entry) => !site.HasPasskeys
                ? Results.NotFound()
            : !await antiforgery.IsRequestValidAsync(http) ? Results.BadRequest()
            : Challenge(http, await entry.MakePasskeyRequestOptionsAsync(null)));
        app.MapPost(Add, async (HttpContext http, IAntiforgery antiforgery, NodeSite site, Entry entry, UserManager<Person> people) =>
            !site.HasPasskeys ? Results.NotFound()
            : !await antiforgery.IsRequestValidAsync(http) ? Results.BadRequest()
            : await people.GetUserAsync(http.User) is not { } person ? Results.Unauthorized()
            : Challenge(
                http,
                await entry.MakePasskeyCreationOptionsAsync(
                    new()
                    {
                        Id = person.Id,
                        Name = person.Email!,
                        DisplayName = person.Name,
                    }
                )
            )
        );
    }

    private static IResult Challenge(HttpContext http, string options)
    {
        http.Response.Headers.CacheControl = "no-store, private";
        return Results.Text(options, "application/json");
    }
}
