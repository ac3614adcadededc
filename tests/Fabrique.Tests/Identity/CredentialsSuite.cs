using System.Net;
using Fabrique.Identity;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Person = Fabrique.Identity.Person;

namespace Fabrique.Tests;

public sealed class CredentialsOnSqliteTests(IdentityOnSqlite service) : CredentialsSuite(service), IClassFixture<IdentityOnSqlite>;

[Trait("Databases", "all")]
public sealed class CredentialsOnPostgreSqlTests(IdentityOnPostgreSql service)
    : CredentialsSuite(service),
        IClassFixture<IdentityOnPostgreSql>;

/// <summary>What opens an account: who may change it, and how nobody keeps its owner out.</summary>
public abstract class CredentialsSuite(IdentityUnderTest service)
{
    private const string Next = "quatre lampions sous un chêne";
    private static int _origins;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_password_is_changed_by_whoever_shows_the_present_one_and_its_owner_is_told()
    {
        var (address, person) = await OwnerAsync();
        var (browser, elsewhere) = (service.Browser(), service.Browser());
        await browser.SignInAsync(address);
        await elsewhere.SignInAsync(address);
        foreach (var present in new[] { "", "pas le bon mot de passe" })
        {
            await browser.GoAsync("/compte");
            await browser.SendAsync("motdepasse", ("motdepasse", Next), ("actuel", present));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
            Assert.NotNull(browser.Page!.QuerySelector("#actuel[aria-invalid]"));
        }
        Assert.False(await NotedAsync(person, "password changed"));

        await browser.SendAsync("motdepasse", ("motdepasse", Next), ("actuel", Tests.Browser.Password));
        Assert.Contains("Le mot de passe est changé", browser.Text, StringComparison.Ordinal);
        Assert.True(await NotedAsync(person, "password changed"));
        Assert.Single(await service.MailsAsync(address, 1));
        await elsewhere.GoAsync("/compte");
        Assert.StartsWith("/compte/connexion", elsewhere.Here, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_was_forgotten_is_chosen_anew_after_a_link_by_mail()
    {
        var (address, person) = await OwnerAsync();
        var browser = await ByMailAsync(address, 1);
        await browser.GoAsync("/compte");
        Assert.Null(browser.Page!.QuerySelector("#actuel"));
        await browser.SendAsync("motdepasse", ("motdepasse", Next));
        Assert.Contains("Le mot de passe est changé", browser.Text, StringComparison.Ordinal);

        // Left open, that session asks for the present one like any other.
        await AgeAsync(person);
        await browser.GoAsync("/compte");
        await browser.SendAsync("motdepasse", ("motdepasse", Next + " encore"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
    }

    [Theory]
    [InlineData("/compte/acces")]
    [InlineData("/compte/second-facteur")]
    [InlineData("/compte/adresse")]
    public async Task A_browser_that_was_left_open_changes_nothing_that_opens_the_account_until_its_owner_is_back(string page)
    {
        var (address, person) = await OwnerAsync();
        var browser = service.Browser();
        await browser.SignInAsync(address);
        await AgeAsync(person);
        await browser.GoAsync(page);
        Assert.StartsWith("/compte/confirmation", browser.Here, StringComparison.Ordinal);
        await browser.SendAsync("motdepasse", ("motdepasse", "pas le bon mot de passe"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        await browser.SendAsync("motdepasse", ("motdepasse", Tests.Browser.Password));
        Assert.StartsWith(page, browser.Here, StringComparison.Ordinal);

        // Or by a mail, in this browser and no other.
        await AgeAsync(person);
        await browser.GoAsync(page);
        await browser.SendAsync("lien");
        var link = await service.LinkAsync(address, 1);
        var stranger = service.Browser();
        await stranger.GoAsync(link);
        Assert.Contains("là où vous êtes connecté", stranger.Text, StringComparison.Ordinal);
        await browser.GoAsync(link);
        await browser.SendAsync("entrer");
        Assert.StartsWith(page, browser.Here, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_types_wrong_passwords_keeps_the_owner_out_neither_from_elsewhere_nor_of_another_way()
    {
        var (address, person) = await OwnerAsync();
        var (secret, _) = await CodesAsync(person);
        var attacker = service.Browser();
        await attacker.GoAsync("/compte/connexion");
        for (var tries = 0; tries < 7; tries++)
        {
            await attacker.SendAsync("connexion", ("courriel", address), ("motdepasse", $"au hasard {tries}"), ("voie", "motdepasse"));
        }
        await attacker.SignInAsync(address);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, attacker.Status);

        var owner = service.Browser(from: Origin());
        await owner.SignInAsync(address);
        Assert.StartsWith("/compte/verification", owner.Here, StringComparison.Ordinal);
        // By mail, from where the attacker is, and with the second factor.
        owner = await ByMailAsync(address, 1);
        Assert.StartsWith("/compte/verification", owner.Here, StringComparison.Ordinal);
        await owner.SendAsync("code", ("code", Mailbox.OneTimeCode(secret)));
        Assert.StartsWith("/session/ouvrir", owner.Here, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_types_wrong_codes_keeps_the_owner_out_neither_of_the_password_nor_of_the_spare_codes()
    {
        var (address, person) = await OwnerAsync();
        var (secret, spare) = await CodesAsync(person);
        var attacker = service.Browser();
        await attacker.SignInAsync(address);
        var right = int.Parse(Mailbox.OneTimeCode(secret), null);
        for (var tries = 1; tries < 7; tries++)
        {
            await attacker.SendAsync("code", ("code", $"{(right + (tries * 1000)) % 1_000_000:D6}"));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, attacker.Status);
        }
        await attacker.SendAsync("code", ("code", Mailbox.OneTimeCode(secret)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, attacker.Status);

        var owner = service.Browser();
        await owner.SignInAsync(address);
        Assert.StartsWith("/compte/verification", owner.Here, StringComparison.Ordinal);
        await owner.SendAsync("code", ("code", spare[0]));
        Assert.StartsWith("/session/ouvrir", owner.Here, StringComparison.Ordinal);
        // And from elsewhere the codes themselves go on.
        owner = service.Browser(from: Origin());
        await owner.SignInAsync(address);
        await owner.SendAsync("code", ("code", Mailbox.OneTimeCode(secret)));
        Assert.StartsWith("/session/ouvrir", owner.Here, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_serves_once_and_its_owner_changes_what_gives_them()
    {
        var (address, person) = await OwnerAsync();
        var browser = service.Browser();
        await browser.SignInAsync(address);
        await browser.GoAsync("/compte/second-facteur");
        var code = Mailbox.OneTimeCode(browser.Page!.QuerySelector("code.key")!.TextContent);
        await browser.SendAsync("second", ("code", code));
        var spare = browser.Page!.QuerySelectorAll(".codes code").Select(one => one.TextContent).ToList();
        Assert.Equal(10, spare.Count);
        Assert.Single(await service.MailsAsync(address, 1));

        // Read over a shoulder while it was set up.
        var thief = service.Browser();
        await thief.SignInAsync(address);
        await thief.SendAsync("code", ("code", code));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, thief.Status);
        await thief.SendAsync("code", ("code", spare[0]));
        Assert.StartsWith("/session/ouvrir", thief.Here, StringComparison.Ordinal);

        await browser.GoAsync("/compte/acces");
        await browser.SendAsync("codes", ("choix", "secours"));
        var renewed = browser.Page!.QuerySelectorAll(".codes code").Select(one => one.TextContent).ToList();
        Assert.Equal(10, renewed.Count);
        Assert.Empty(renewed.Intersect(spare));
        Assert.True(await NotedAsync(person, "spare codes renewed"));
        await browser.SendAsync("codes", ("choix", "retirer"));
        Assert.True(await NotedAsync(person, "second factor removed"));
        Assert.Equal(3, (await service.MailsAsync(address, 3)).Count);
        await browser.SignInAsync(address);
        Assert.StartsWith("/session/ouvrir", browser.Here, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invitation_opens_no_account_that_there_is_and_is_accepted_by_its_owner()
    {
        var (address, person) = await OwnerAsync();
        var link = await InviteAsync(address);
        var stranger = service.Browser();
        await stranger.GoAsync(link);
        Assert.Null(stranger.Page!.QuerySelector("main form"));
        Assert.Contains("connectez-vous d’abord", stranger.Text, StringComparison.Ordinal);
        var (other, _) = await OwnerAsync();
        await stranger.SignInAsync(other);
        await stranger.GoAsync(link);
        Assert.Null(stranger.Page!.QuerySelector("main form"));

        var owner = service.Browser();
        await owner.GoAsync(link);
        await owner.GoAsync(owner.Page!.QuerySelector("main a.button")!.GetAttribute("href")!);
        await owner.SendAsync("connexion", ("courriel", address), ("motdepasse", Tests.Browser.Password), ("voie", "motdepasse"));
        Assert.Equal(link, owner.Here);
        await owner.SendAsync("entrer");
        Assert.True(
            await service.ReadAsync(db =>
                db.Grants.AnyAsync(
                    grant => grant.Person == person.Id && grant.Scope == "62528" && grant.Role == Grant.Delegate,
                    Cancellation
                )
            )
        );
        Assert.Single(await service.MailsAsync(address, 1));
        await owner.GoAsync(Uri.UnescapeDataString(owner.Here["/session/ouvrir?retour=".Length..]));
        Assert.Contains("Bienvenue à", owner.Text, StringComparison.Ordinal);

        // Its name tells nobody else who invited whom.
        await stranger.GoAsync(owner.Here);
        Assert.DoesNotContain("Bienvenue", stranger.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_know_the_cookie_alone_whatever_token_comes_with_it()
    {
        var (address, _) = await OwnerAsync();
        var browser = service.Browser();
        await browser.SignInAsync(address);
        browser.Authorization = "Bearer x.y.z";
        await browser.GoAsync("/compte");
        Assert.Contains(address, browser.Text, StringComparison.Ordinal);
    }

    private async Task<(string Address, Person Person)> OwnerAsync()
    {
        var address = $"{Guid.CreateVersion7():N}@example.org";
        return (address, await service.MakeAsync(address));
    }

    private async Task<PlainBrowser> ByMailAsync(string address, int number)
    {
        var browser = service.Browser();
        await browser.GoAsync("/compte/connexion");
        await browser.SendAsync("connexion", ("courriel", address), ("voie", "lien"));
        await browser.GoAsync(await service.LinkAsync(address, number));
        await browser.SendAsync("entrer");
        return browser;
    }

    /// <summary>The person signed in an hour ago.</summary>
    private Task AgeAsync(Person person) =>
        service.ReadAsync(db =>
            db.Sessions.Where(session => session.Person == person.Id)
                .ExecuteUpdateAsync(
                    row => row.SetProperty(session => session.ProvenAt, session => session.ProvenAt - 3_600_000),
                    Cancellation
                )
        );

    private async Task<(string Secret, List<string> Spare)> CodesAsync(Person person)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var people = scope.ServiceProvider.GetRequiredService<UserManager<Person>>();
        var account = (await people.FindByIdAsync(person.Id))!;
        await people.ResetAuthenticatorKeyAsync(account);
        await people.SetTwoFactorEnabledAsync(account, true);
        var spare = (await people.GenerateNewTwoFactorRecoveryCodesAsync(account, 4))!.ToList();
        return ((await people.GetAuthenticatorKeyAsync(account))!, spare);
    }

    private async Task<string> InviteAsync(string address)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var grant = new Grant(Grant.Delegate, "62528", "AGENT");
        var (link, secret) = scope.ServiceProvider.GetRequiredService<Links>().Add(Links.Invitation, address, grant);
        scope.ServiceProvider.GetRequiredService<RightsKeeper>().Note("", Inviters.Invited, link.Id, grant.ToString());
        await scope.ServiceProvider.GetRequiredService<IdentityDb>().SaveChangesAsync(Cancellation);
        return $"/compte/lien/{secret}";
    }

    /// <summary>A network of documentation (RFC 5737), each time another machine of it.</summary>
    private static string Origin() => $"198.51.100.{Interlocked.Increment(ref _origins)}";

    private Task<bool> NotedAsync(Person person, string action) =>
        service.ReadAsync(db =>
            db.Audit.AnyAsync(entry => entry.Action == action && entry.Actor == person.Id && entry.Subject == person.Id, Cancellation)
        );
}
