using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>
/// What a mail program does when somebody presses its own "unsubscribe" (RFC 8058): one POST, without cookie or page. The secret of the
/// link is the proof; it serves once. A browser that opens the address gets the page that asks first.
/// </summary>
internal static class Unsubscribing
{
    /// <summary>What the address of the page ends with for a program.</summary>
    public const string OneClick = "/un-clic";

    /// <summary>What notices need.</summary>
    public static void AddNotices(this IServiceCollection services) =>
        services
            .AddAppClient<TerritoryService.TerritoryServiceClient>("territories")
            .AddSingleton<Places>()
            .AddScoped<NoticeKeeper>()
            .AddHostedService<NoticePost>();

    public static void MapUnsubscribing(this WebApplication app)
    {
        app.MapGet(Pages.Unsubscribe + "{secret}" + OneClick, (string secret) => Results.Redirect(To(Pages.Unsubscribe + secret)));
        app.MapPost(
                Pages.Unsubscribe + "{secret}" + OneClick,
                async (string secret, Links links, UserManager<Person> people, NoticeKeeper notices, CancellationToken cancellation) =>
                    await EndAsync(secret, links, people, notices, cancellation)
                        ? Results.NoContent()
                        : Results.StatusCode(StatusCodes.Status410Gone)
            )
            .DisableAntiforgery();
    }

    /// <summary>Ends what the link is about; false when it has served.</summary>
    public static async Task<bool> EndAsync(
        string secret,
        Links links,
        UserManager<Person> people,
        NoticeKeeper notices,
        CancellationToken cancellation
    )
    {
        if (await links.FindUnsubscribeAsync(secret) is not { } link || await people.FindByEmailAsync(link.Email) is not { } person)
        {
            return false;
        }
        // First the choice, then the link: should the process end between them, pressing again does the same.
        await notices.EndAsync(person, link.Function, cancellation);
        await links.UseAsync(link);
        return true;
    }
}
