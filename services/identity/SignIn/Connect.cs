using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Fabrique.Identity;

/// <summary>OpenID Connect: a sign-in on this service becomes tokens of the one who asked, the gateway for a browser.</summary>
internal static class Connect
{
    private const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;

    public static void MapConnect(this WebApplication app)
    {
        app.MapGet("/connect/authorize", AuthorizeAsync);
        app.MapPost("/connect/token", ExchangeAsync).DisableAntiforgery();
    }

    private static async Task<IResult> AuthorizeAsync(HttpContext http, IdentityDb db, UserManager<Person> people, RightsKeeper rights)
    {
        var request = http.GetOpenIddictServerRequest()!;
        var here = http.Request.PathBase + http.Request.Path + http.Request.QueryString;
        AcceptedLanguage.Speak(Language.Find(request.UiLocales?.Split(' ')[0] ?? "") ?? Language.French);
        var signedIn = await http.AuthenticateAsync(IdentityConstants.ApplicationScheme);
        if (
            await Entry.SessionAsync(db, signedIn.Principal) is not { } session
            || await people.FindByIdAsync(session.Person) is not { } person
        )
        {
            return Results.Redirect(Pages.With(Pages.SignIn, here));
        }
        if (!session.Strong && await rights.NeedSecondFactorAsync(person.Id))
        {
            return Results.Redirect(Pages.With(Pages.SecondFactorSetUp, here));
        }
        return await SignInAsync(person, session, rights, [], identity =>
            identity.SetScopes(request.GetScopes()).SetResources(Tokens.Audience)
        );
    }

    private static async Task<IResult> ExchangeAsync(HttpContext http, IdentityDb db, UserManager<Person> people, RightsKeeper rights)
    {
        if (await ProgramGrants.AnswerAsync(http) is { } answer)
        {
            return answer;
        }
        // The framework has checked the code or the refresh token; whether its session still is one is ours to say.
        var proven = (await http.AuthenticateAsync(Scheme)).Principal!;
        if (await Entry.SessionAsync(db, proven) is not { } session || await people.FindByIdAsync(session.Person) is not { } person)
        {
            return Results.Forbid(
                new AuthenticationProperties(
                    new Dictionary<string, string?>
                    {
                        [OpenIddictServerAspNetCoreConstants.Properties.Error] = Errors.InvalidGrant,
                        [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = "The session is over.",
                    }
                ),
                [Scheme]
            );
        }
        var kept = proven.Claims.Where(claim =>
            claim.Type is not (Claims.Name or Tokens.RightsClaim or Grant.Claim or Claims.Subject or Tokens.SessionClaim)
        );
        return await SignInAsync(person, session, rights, kept, _ => { });
    }

    private static async Task<IResult> SignInAsync(
        Person person,
        SessionRow session,
        RightsKeeper rights,
        IEnumerable<Claim> kept,
        Action<ClaimsIdentity> complete
    )
    {
        var identity = new ClaimsIdentity([.. kept, .. await rights.ClaimsAsync(person, session)], Scheme, Claims.Name, Claims.Role);
        complete(identity);
        identity.SetDestinations(claim =>
            claim.Type is Claims.Name or Tokens.SessionClaim
                ? [Destinations.AccessToken, Destinations.IdentityToken]
                : [Destinations.AccessToken]
        );
        return Results.SignIn(new ClaimsPrincipal(identity), authenticationScheme: Scheme);
    }
}
