using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>The codes of an application as a second factor, and the spare ones for the day when the application is gone.</summary>
internal sealed class Codes(UserManager<Person> people, Entry entry, WaysIn ways, Failures failures, IdentityDb db)
{
    private const int Spare = 10;

    /// <summary>From now on a code is asked for at each sign-in. The first second factor of a person makes the session strong.</summary>
    /// <param name="person">Who is signed in.</param>
    /// <param name="session">In which session.</param>
    /// <param name="code">What the application shows.</param>
    /// <returns>The spare codes, which cannot be read again; null when the code is not right or this session may not.</returns>
    public async Task<IEnumerable<string>?> SetUpAsync(Person person, SessionRow session, string code)
    {
        if (
            person.TwoFactorEnabled
            || !await ways.MayChangeAsync(person, session)
            || !await failures.MayTryAsync(Failures.Code, person.Id)
            || !await entry.SpendCodeAsync(person, code)
        )
        {
            return null;
        }
        await failures.ForgiveAsync(Failures.Code, person.Id);
        session.Strong |= !await ways.HasSecondFactorAsync(person);
        await people.SetTwoFactorEnabledAsync(person, true);
        var spare = await people.GenerateNewTwoFactorRecoveryCodesAsync(person, Spare);
        ways.Tell(person, "second factor set up", "", () =>
            (
                T["Un code est demandé pour entrer dans votre compte"],
                T["Désormais, un code de votre application est demandé à chaque connexion."]
            )
        );
        await db.SaveChangesAsync();
        return spare;
    }

    /// <summary>Makes other spare codes; those before serve no more.</summary>
    /// <returns>The codes, which cannot be read again; null when this session may not.</returns>
    public async Task<IEnumerable<string>?> RenewAsync(Person person, SessionRow session)
    {
        if (!person.TwoFactorEnabled || !await MayAsync(person, session))
        {
            return null;
        }
        var spare = await people.GenerateNewTwoFactorRecoveryCodesAsync(person, Spare);
        ways.Tell(person, "spare codes renewed", "", () =>
            (T["Vos codes de secours sont changés"], T["D’autres codes de secours viennent d’être faits ; les anciens ne servent plus."])
        );
        await db.SaveChangesAsync();
        return spare;
    }

    /// <summary>
    /// From now on no code is asked for, and another application can be set up: its key will be another. Tells whether this session may.
    /// </summary>
    public async Task<bool> EndAsync(Person person, SessionRow session)
    {
        if (!person.TwoFactorEnabled || !await MayAsync(person, session))
        {
            return false;
        }
        await people.SetTwoFactorEnabledAsync(person, false);
        await people.ResetAuthenticatorKeyAsync(person);
        await people.GenerateNewTwoFactorRecoveryCodesAsync(person, 0);
        ways.Tell(person, "second factor removed", "", () =>
            (
                T["Aucun code n’est plus demandé pour entrer dans votre compte"],
                T["L’application de codes est retirée de votre compte. Vous pouvez en mettre une autre en place."]
            )
        );
        await db.SaveChangesAsync();
        return true;
    }

    /// <summary>Who has codes changes them in a session that has shown one, whatever their rights.</summary>
    private async Task<bool> MayAsync(Person person, SessionRow session) => session.Strong && await ways.MayChangeAsync(person, session);
}
