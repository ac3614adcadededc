using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
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

    private static async Task<IResult> AuthorizeAsync(
        HttpContext http,
        IdentityDb db,
        UserManager<Person> people,
        RightsKeeper rights,
        TimeProvider clock
    )
    {
        var request = http.GetOpenIddictServerRequest()!;
        var here = http.Request.PathBase + http.Request.Path + http.Request.QueryString;
        AcceptedLanguage.Speak(Language.Find(request.UiLocales?.Split(' ')[0] ?? "") ?? Language.French);
        var signedIn = await http.AuthenticateAsync(IdentityConstants.ApplicationScheme);
        if (
            await Entry.SessionAsync(db, signedIn.Principal) is not { } session
            || await people.FindByIdAsync(session.Person) is not { } person
            || WantsAnother(request, session, clock)
        )
        {
            // What asked for it is done with the sign-in; whoever asked sees when that was.
            return request.HasPromptValue(PromptValues.None)
                ? Refuse(Errors.LoginRequired, "The person is not signed in, or not lately enough.")
                : Results.Redirect(Pages.With(Pages.SignIn, Without(here, Parameters.Prompt, Parameters.MaxAge)));
        }
        if (!session.Strong && await rights.NeedSecondFactorAsync(person.Id))
        {
            if (request.HasPromptValue(PromptValues.None))
            {
                return Refuse(Errors.InteractionRequired, "The person has a second factor to set up.");
            }
            return Results.Redirect(Pages.With(Pages.SecondFactorSetUp, here));
        }
        return await SignInAsync(person, session, rights, [], identity =>
            identity
                .SetScopes(request.GetScopes())
                .SetResources(Tokens.Audience)
                .SetClaim(Claims.AuthenticationTime, session.ProvenAt / 1000)
        );
    }

    /// <summary>Whether whoever asks wants a sign-in of now, or of not so long ago (OpenID Connect Core, 3.1.2.1).</summary>
    private static bool WantsAnother(OpenIddictRequest request, SessionRow session, TimeProvider clock) =>
        request.HasPromptValue(PromptValues.Login)
        || request.HasPromptValue(PromptValues.SelectAccount)
        || request.MaxAge is { } age
            && session.ProvenAt <= (clock.GetUtcNow() - TimeSpan.FromSeconds(Math.Clamp(age, 0, int.MaxValue))).ToUnixTimeMilliseconds();

    /// <summary>The same address without these parameters.</summary>
    private static string Without(string address, params string[] parameters)
    {
        var (path, query) = (address.Split('?', 2)[0], QueryHelpers.ParseQuery(address.Split('?', 2).ElementAtOrDefault(1)));
        return QueryHelpers.AddQueryString(path, query.Where(one => !parameters.Contains(one.Key)));
    }

    private static IResult Refuse(string error, string description) =>
        Results.Forbid(
            new AuthenticationProperties(
                new Dictionary<string, string?>
                {
                    [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
                    [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
                }
            ),
            [Scheme]
        );

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
            return Refuse(Errors.InvalidGrant, "The session is over.");
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
            claim.Type switch
            {
                Claims.Name or Tokens.SessionClaim => [Destinations.AccessToken, Destinations.IdentityToken],
                Claims.AuthenticationTime => [Destinations.IdentityToken],
                _ => [Destinations.AccessToken],
            }
        );
        return Results.SignIn(new ClaimsPrincipal(identity), authenticationScheme: Scheme);
    }
}
