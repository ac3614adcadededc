using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fabrique.Portal.Memberships;

/// <summary>The charter as a plain text, to print or to put into a deliberation.</summary>
internal static class CharterExport
{
    public static void MapCharterExport(this WebApplication app) => app.MapGet("/charte.txt", CharterAsync);

    private static async Task<Results<ContentHttpResult, StatusCodeHttpResult>> CharterAsync(
        MembershipService.MembershipServiceClient memberships,
        string version = ""
    )
    {
        var answer = await memberships.GetCharterAsync(new() { Version = version }).Answer();
        return answer.Value is { Charter: var charter }
            ? TypedResults.Text($"{charter.Title}\n\n{charter.Text}\n", "text/plain; charset=utf-8")
            : TypedResults.StatusCode(answer.StatusCode);
    }
}
