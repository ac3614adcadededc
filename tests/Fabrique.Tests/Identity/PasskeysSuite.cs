using System.Net;
using Fabrique.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Person = Fabrique.Identity.Person;

namespace Fabrique.Tests;

public sealed class PasskeysOnSqliteTests(IdentityOnSqlite service) : PasskeysSuite(service), IClassFixture<IdentityOnSqlite>;

[Trait("Databases", "all")]
public sealed class PasskeysOnPostgreSqlTests(IdentityOnPostgreSql service) : PasskeysSuite(service), IClassFixture<IdentityOnPostgreSql>;

/// <summary>Passkeys as a service sees them: what a device answers, and what somebody answers who has no such device.</summary>
public abstract class PasskeysSuite(IdentityUnderTest service)
{
    private const string Access = "/compte/acces";
    private const string SignIn = "/compte/connexion";
    private const string SetUp = "/compte/second-facteur";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_passkey_opens_the_account_without_a_password_and_the_session_counts_as_strong()
    {
        var (address, person, key) = await OwnerAsync();
        using var device = key;
        Assert.Single(await service.MailsAsync(address, 1));
        Assert.True(await NotedAsync(person, "passkey added"));

        var browser = service.Browser();
        await EnterAsync(browser, device);
        Assert.StartsWith("/session/ouvrir", browser.Here, StringComparison.Ordinal);
        Assert.True((await SessionsAsync(person))[^1].Strong);
        await browser.GoAsync("/compte");
        Assert.Contains(address, browser.Text, StringComparison.Ordinal);

        await using var scope = service.Services.CreateAsyncScope();
        var told = (await scope.ServiceProvider.GetRequiredService<AccountLife>().TellAsync(person, Cancellation)).ToJsonString();
        Assert.Contains("t\\u00E9l\\u00E9phone d\\u2019essai", told, StringComparison.Ordinal);
        Assert.NotNull(
            await scope
                .ServiceProvider.GetRequiredService<AccountLife>()
                .EraseAsync((await scope.ServiceProvider.GetRequiredService<IdentityDb>().Users.FindAsync([person.Id], Cancellation))!)
        );
        Assert.Equal(0, await KeysAsync(person));
        await RefusedAsync(device);
    }

    [Fact]
    public async Task A_challenge_is_answered_once_whoever_copied_the_cookies_and_the_answer()
    {
        var (_, _, key) = await OwnerAsync();
        using var device = key;
        var browser = service.Browser();
        await browser.GoAsync(SignIn);
        var answer = device.Show((await browser.ChallengeAsync()).Challenge);
        var thief = browser.Copy();
        await thief.GoAsync(SignIn);
        await browser.SendAsync("cle", ("cle", answer));
        Assert.StartsWith("/session/ouvrir", browser.Here, StringComparison.Ordinal);
        await thief.SendAsync("cle", ("cle", answer));
        Assert.Contains("Cette clé d’accès n’ouvre aucun compte ici", thief.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_was_removed_opens_nothing_and_its_owner_is_told()
    {
        var (address, person, key) = await OwnerAsync();
        using var device = key;
        var browser = service.Browser();
        await EnterAsync(browser, device);
        await browser.GoAsync(Access);
        await browser.SendAsync("Renommer", ("action", "renommer"), ("nom", "  "));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        await browser.SendAsync("Renommer", ("action", "renommer"), ("nom", " Bureau\tde la mairie <b> "));
        Assert.Equal("Bureau de la mairie <b>", browser.Page!.QuerySelector("input[id^=nom-]")!.GetAttribute("value"));
        await browser.SendAsync("Retirer", ("action", "retirer"));
        Assert.Equal(0, await KeysAsync(person));
        Assert.True(await NotedAsync(person, "passkey removed"));
        Assert.Equal(2, (await service.MailsAsync(address, 2)).Count);
        await RefusedAsync(device);
    }

    [Theory]
    [InlineData("another site", "http://ailleurs.example")]
    [InlineData("another port", "http://localhost:9090")]
    [InlineData("nobody asked", "")]
    public async Task What_was_shown_elsewhere_or_without_its_owner_opens_nothing(string how, string origin)
    {
        var (_, _, key) = await OwnerAsync();
        using var device = key;
        (device.Origin, device.Asks) = (origin.Length > 0 ? origin : device.Origin, origin.Length > 0);
        await RefusedAsync(device);
        Assert.NotEmpty(how);
    }

    [Fact]
    public async Task A_key_opens_no_other_persons_account()
    {
        var (_, first, firstKey) = await OwnerAsync();
        var (_, second, secondKey) = await OwnerAsync();
        using var one = firstKey;
        using var other = secondKey;
        var before = (await SessionsAsync(second)).Count;
        one.Owner = other.Owner;
        await RefusedAsync(one);
        Assert.Equal(before, (await SessionsAsync(second)).Count);

        // Nor does a key that was made for one become another's who signs in afterwards in the same browser.
        using var mine = new SoftPasskey();
        var browser = service.Browser();
        await browser.SignInAsync(first.Email!);
        await browser.GoAsync(Access);
        var answer = mine.Create((await browser.ChallengeAsync()).Challenge);
        await browser.SignInAsync(second.Email!);
        await browser.GoAsync(Access);
        await browser.SendAsync("ajout", ("cle", answer), ("nom", "volée"));
        Assert.Contains("La clé n’a pas pu être vérifiée", browser.Text, StringComparison.Ordinal);
        Assert.Equal(1, await KeysAsync(second));
    }

    [Fact]
    public async Task For_whoever_acts_on_others_a_passkey_is_the_second_factor_and_a_password_adds_no_other()
    {
        var address = Address();
        var person = await service.MakeAsync(address, new Grant(Grant.Facilitator, Grant.Everywhere));
        using var device = new SoftPasskey();
        var browser = service.Browser();
        await browser.SignInAsync(address);
        await browser.GoAsync(SetUp);
        Assert.NotNull(browser.Page!.QuerySelector("code.key"));
        await browser.SendAsync("cle", ("cle", device.Create((await browser.ChallengeAsync()).Challenge)));
        Assert.True((await SessionsAsync(person)).Single().Strong);

        // Whoever has the password alone neither adds a key, nor removes one, nor sets up codes.
        var weak = service.Browser();
        await weak.SignInAsync(address);
        await weak.GoAsync(Access);
        Assert.Null(weak.Page!.QuerySelector("form[data-passkey]"));
        await weak.SendAsync("Retirer", ("action", "retirer"));
        Assert.Equal(1, await KeysAsync(person));
        await weak.GoAsync(SetUp);
        Assert.Null(weak.Page!.QuerySelector("code.key"));
        Assert.Contains("connectez-vous à nouveau, avec elle", weak.Text, StringComparison.Ordinal);
        Assert.False((await SessionsAsync(person))[^1].Strong);

        await EnterAsync(weak, device);
        Assert.True((await SessionsAsync(person))[^1].Strong);
    }

    [Fact]
    public async Task Without_a_proof_of_the_form_or_a_session_there_is_no_challenge()
    {
        using var http = service.Http();
        foreach (var path in new[] { "/compte/cle/entree", "/compte/cle/ajout" })
        {
            using var bare = await http.PostAsync(new Uri(path, UriKind.Relative), null, Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, bare.StatusCode);
        }
        var browser = service.Browser();
        await browser.GoAsync(SignIn);
        await browser.SendAsync("cle", ("cle", "{\"response\":{}}"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        await browser.SendAsync("cle", ("cle", ""));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
    }

    /// <summary>Somebody with a passkey, which is called after a telephone.</summary>
    private async Task<(string Address, Person Person, SoftPasskey Key)> OwnerAsync()
    {
        var address = Address();
        var person = await service.MakeAsync(address);
        var (device, browser) = (new SoftPasskey(), service.Browser());
        await browser.SignInAsync(address);
        await browser.GoAsync(Access);
        await browser.SendAsync("ajout", ("cle", device.Create((await browser.ChallengeAsync()).Challenge)), ("nom", "téléphone d’essai"));
        Assert.Contains("La clé d’accès est ajoutée", browser.Text, StringComparison.Ordinal);
        return (address, person, device);
    }

    private static async Task EnterAsync(PlainBrowser browser, SoftPasskey device)
    {
        await browser.GoAsync(SignIn);
        await browser.SendAsync("cle", ("cle", device.Show((await browser.ChallengeAsync()).Challenge)));
    }

    private async Task RefusedAsync(SoftPasskey device)
    {
        var browser = service.Browser();
        await EnterAsync(browser, device);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        Assert.Contains("Cette clé d’accès n’ouvre aucun compte ici", browser.Text, StringComparison.Ordinal);
    }

    private static string Address() => $"{Guid.CreateVersion7():N}@example.org";

    private Task<List<SessionRow>> SessionsAsync(Person person) =>
        service.ReadAsync(db =>
            db.Sessions.AsNoTracking()
                .Where(session => session.Person == person.Id)
                .OrderBy(session => session.Id)
                .ToListAsync(Cancellation)
        );

    private Task<int> KeysAsync(Person person) =>
        service.ReadAsync(db =>
            db.Set<Microsoft.AspNetCore.Identity.IdentityUserPasskey<string>>().CountAsync(key => key.UserId == person.Id, Cancellation)
        );

    private Task<bool> NotedAsync(Person person, string action) =>
        service.ReadAsync(db =>
            db.Audit.AnyAsync(entry => entry.Action == action && entry.Actor == person.Id && entry.Subject == person.Id, Cancellation)
        );
}
