using System.Text.Json;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>What is kept of a person as a file: asked by a form, for a copy is made only when somebody wants one.</summary>
internal static class AccountFile
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void MapAccountFile(this WebApplication app) =>
        app.MapPost(
            Pages.Data + "/copie",
            async (HttpContext http, IAntiforgery antiforgery, UserManager<Person> people, AccountLife life) =>
            {
                if (!await antiforgery.IsRequestValidAsync(http))
                {
                    return Results.BadRequest();
                }
                if (await people.GetUserAsync(http.User) is not { } person)
                {
                    return Results.Redirect(Pages.With(Pages.SignIn, To(Pages.Data)));
                }
                http.Response.Headers.CacheControl = "no-store, private";
                return Results.File(
                    System.Text.Encoding.UTF8.GetBytes((await life.TellAsync(person, http.RequestAborted)).ToJsonString(Readable)),
                    "application/json",
                    "fabrique-mes-donnees.json"
                );
            }
        );
}
