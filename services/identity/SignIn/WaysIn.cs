using Microsoft.AspNetCore.Identity;

namespace Fabrique.Identity;

/// <summary>What opens an account, beside links by mail: a password, passkeys, providers of identities.</summary>
internal sealed class WaysIn(
    UserManager<Person> people,
    RightsKeeper rights,
    Mails mails,
    NodeSite site,
    IReadOnlyList<Provider> providers,
    TimeProvider clock
)
{
    /// <summary>Name of the token that remembers which identity at a provider counts as a person's second factor.</summary>
    public const string SecondFactor = "second-factor";

    /// <summary>How long somebody who has proved who they are need not do it again to change what opens the account.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Whether whoever sits there has proved a short while ago who they are. A browser that was left open, or a stolen cookie, has not.
    /// </summary>
    public bool IsProven(SessionRow session) => session.ProvenAt > (clock.GetUtcNow() - Fresh).ToUnixTimeMilliseconds();

    /// <summary>Whether the person can show more than a password.</summary>
    public async Task<bool> HasSecondFactorAsync(Person person)
    {
        if (person.TwoFactorEnabled || (await people.GetPasskeysAsync(person)).Count > 0)
        {
            return true;
        }
        foreach (var provider in providers.Where(provider => provider.SecondFactor.Count > 0))
        {
            if (await people.GetAuthenticationTokenAsync(person, provider.Code, SecondFactor) is not null)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>
    /// Whether a second factor that this identity showed at its provider counts for this person. Another identity at the same provider may
    /// be another's.
    /// </summary>
    public async Task<bool> IsSecondFactorAsync(Person person, string provider, string subject) =>
        await people.GetAuthenticationTokenAsync(person, provider, SecondFactor) == subject;

    /// <summary>From now on it does.</summary>
    public Task CountAsync(Person person, string provider, string subject) =>
        people.SetAuthenticationTokenAsync(person, provider, SecondFactor, subject);

    /// <summary>From now on it does not.</summary>
    public async Task DiscountAsync(Person person, string provider, string subject)
    {
        if (await IsSecondFactorAsync(person, provider, subject))
        {
            await people.RemoveAuthenticationTokenAsync(person, provider, SecondFactor);
        }
    }

    /// <summary>
    /// Whether this session may change what opens the account: one whose person has just proved who they are. Where rights ask for a second
    /// factor and there is one already, only a session that showed it may: otherwise a stolen password would be enough to put another in
    /// the place of the owner's.
    /// </summary>
    public async Task<bool> MayChangeAsync(Person person, SessionRow session) =>
        IsProven(session) && await IsStrongEnoughAsync(person, session);

    /// <summary>Whether this session has shown the second factor that its person has, where the rights of the person ask for one.</summary>
    public async Task<bool> IsStrongEnoughAsync(Person person, SessionRow session) =>
        session.Strong || !await HasSecondFactorAsync(person) || !await rights.NeedSecondFactorAsync(person.Id);

    /// <summary>Whether one of them can be taken away and another is left.</summary>
    public async Task<bool> HasAnotherAsync(Person person) =>
        person.PasswordHash is not null || (await people.GetPasskeysAsync(person)).Count + (await people.GetLoginsAsync(person)).Count > 1;

    /// <summary>Writes down and tells the person what has changed, to be saved with it: whoever did not do it hears of it.</summary>
    /// <param name="person">Whose account it is.</param>
    /// <param name="action">For the trail.</param>
    /// <param name="detail">For the trail: nothing that names somebody.</param>
    /// <param name="say">Subject and sentence of the mail, in the language that is then spoken.</param>
    public void Tell(Person person, string action, string detail, Func<(string Subject, string What)> say)
    {
        rights.Note(person.Id, action, person.Id, detail);
        mails.Add(person, () =>
        {
            var (subject, what) = say();
            return new Letter(
                subject,
                T["Bonjour {0},", person.Name],
                what,
                T["Si ce n’est pas vous, changez votre mot de passe et retirez ce que vous ne connaissez pas :"],
                site.Page(Pages.Access)
            );
        });
    }
}
