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

    [Fact]
    public async Task Whoever_asks_for_a_sign_in_of_now_gets_one()
    {
        var (address, person) = await OwnerAsync();
        var browser = service.Browser();
        await browser.SignInAsync(address);
        Assert.StartsWith($"{IdentityUnderTest.Origin}/session/retour?code=", await AskAsync(""), StringComparison.Ordinal);
        Assert.StartsWith($"{IdentityUnderTest.Origin}/session/retour?code=", await AskAsync("&max_age=3600"), StringComparison.Ordinal);
        foreach (var wish in new[] { "&prompt=login", "&prompt=select_account", "&max_age=0" })
        {
            var led = await AskAsync(wish);
            Assert.StartsWith("/compte/connexion?retour=", led, StringComparison.Ordinal);
            // And then gets on.
            Assert.DoesNotContain("prompt", led, StringComparison.Ordinal);
            Assert.DoesNotContain("max_age", led, StringComparison.Ordinal);
        }
        await AgeAsync(person);
        Assert.StartsWith("/compte/connexion?retour=", await AskAsync("&max_age=600"), StringComparison.Ordinal);
        Assert.Contains("error=login_required", await AskAsync("&max_age=600&prompt=none"), StringComparison.Ordinal);

        Task<string> AskAsync(string wish) =>
            browser.LeadsToAsync(
                $"/connect/authorize?client_id=gateway&response_type=code&scope=openid&redirect_uri={Uri.EscapeDataString(IdentityUnderTest.Origin + "/session/retour")}&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256{wish}"
            );
    }

    [Fact]
    public async Task An_address_is_changed_once_the_new_one_is_confirmed_and_the_old_one_is_told()
    {
        var (address, person) = await OwnerAsync();
        var (taken, _) = await OwnerAsync();
        var next = $"{Guid.CreateVersion7():N}@example.org";
        var browser = service.Browser();
        await browser.SignInAsync(address);
        foreach (var wrong in new[] { "a@b", "root", address.ToUpperInvariant() })
        {
            await browser.GoAsync("/compte/adresse");
            await browser.SendAsync("adresse", ("courriel", wrong));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        }
        // Somebody else's: the same page, and a mail that changes nothing.
        await browser.SendAsync("adresse", ("courriel", taken));
        var said = browser.Text;
        Assert.DoesNotContain("/compte/lien/", Assert.Single(await service.MailsAsync(taken, 1)), StringComparison.Ordinal);
        await browser.GoAsync("/compte/adresse");
        await browser.SendAsync("adresse", ("courriel", next));
        Assert.Equal(said, browser.Text);

        var link = await service.LinkAsync(next, 1);
        var stranger = service.Browser();
        await stranger.SignInAsync(taken);
        await stranger.GoAsync(link);
        Assert.Null(stranger.Page!.QuerySelector("main form"));
        await browser.GoAsync(link);
        await browser.SendAsync("entrer");
        Assert.Contains(next, browser.Text, StringComparison.Ordinal);
        Assert.True(await NotedAsync(person, "address changed"));
        Assert.Single(await service.MailsAsync(address, 1));
        var again = service.Browser();
        await again.SignInAsync(next);
        Assert.StartsWith("/session/ouvrir", again.Here, StringComparison.Ordinal);
        await again.SignInAsync(address);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, again.Status);
    }

    [Fact]
    public async Task A_name_is_corrected_by_its_owner_and_is_seen()
    {
        var (address, _) = await OwnerAsync();
        var browser = service.Browser();
        await browser.SignInAsync(address);
        await browser.GoAsync("/compte");
        foreach (var unseen in new[] { "\u200B\u2060", "", " \u00AD ", "\u3164", "\u2800" })
        {
            await browser.SendAsync("nom", ("nom", unseen));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        }
        await browser.SendAsync("nom", ("nom", " Aïcha\tN’Diaye "));
        Assert.Contains("Aïcha N’Diaye", browser.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jose@mairie-forêt.invalid", "jose@xn--mairie-fort-wbb.invalid")]
    [InlineData("jose2@MAIRIE-FORÊT.invalid", "Jose2@mairie-forêt.INVALID")]
    public async Task An_address_is_one_in_both_forms_of_its_domain(string first, string second)
    {
        await service.MakeAsync(EmailAddress.Read(first)!);
        foreach (var form in new[] { first, second })
        {
            var browser = service.Browser();
            await browser.SignInAsync(form);
            Assert.StartsWith("/session/ouvrir", browser.Here, StringComparison.Ordinal);
            await browser.GoAsync("/compte");
            Assert.Contains("@mairie-forêt.invalid", browser.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("prenom.nom@mairie.fr", "prenom.nom@mairie.fr")]
    [InlineData(" o'brien+loos@Mairie.FR\u200B", "o'brien+loos@mairie.fr")]
    [InlineData("jose@mairie-forêt.invalid", "jose@xn--mairie-fort-wbb.invalid")]
    [InlineData("jose@XN--MAIRIE-FORT-WBB.invalid", "jose@xn--mairie-fort-wbb.invalid")]
    [InlineData("jose@mairie-fore\u0302t.invalid", "jose@xn--mairie-fort-wbb.invalid")]
    [InlineData("josé@mairie.invalid", null)]
    [InlineData("root", null)]
    [InlineData("a@b", null)]
    [InlineData("a@[127.0.0.1]", null)]
    [InlineData("a@127.0.0.1", null)]
    [InlineData("a@mairie..fr", null)]
    [InlineData(".a@mairie.fr", null)]
    [InlineData("a b@mairie.fr", null)]
    [InlineData("a@mairie.fr, c@mairie.fr", null)]
    [InlineData("Camille <a@mairie.fr>", null)]
    [InlineData("a@mairie.fr\r\nBcc: x@y.fr", null)]
    [InlineData("\"a\"@mairie.fr", null)]
    [InlineData("a@-mairie.fr", null)]
    [InlineData("a@xn--.fr", null)]
    [InlineData("\ud800@mairie.fr", null)]
    [InlineData("", null)]
    public void There_is_one_rule_for_addresses(string typed, string? kept) => Assert.Equal(kept, EmailAddress.Read(typed));

    [Theory]
    [InlineData("bienvenue2026")]
    [InlineData("mairie2026mairie")]
    [InlineData("Loosengohelle62")]
    [InlineData("loos-en-gohelle 62750")]
    [InlineData("liberte egalite")]
    [InlineData("Liberté2026!")]
    [InlineData("soleil2026soleil")]
    [InlineData("motdepasse2026")]
    [InlineData("Marseille13013")]
    [InlineData("bonjourmairie1")]
    [InlineData("camilleessai62")]
    [InlineData("azertyuiop123")]
    [InlineData("jean-pierre1958")]
    public async Task What_people_of_town_halls_type_first_is_no_password(string password) => Assert.False(await IsTakenAsync(password));

    [Theory]
    [InlineData(Next)]
    [InlineData(Tests.Browser.Password)]
    [InlineData("vK7#pq2LxT9w")]
    public async Task A_password_that_is_hard_to_guess_is_taken(string password) => Assert.True(await IsTakenAsync(password));

    private async Task<bool> IsTakenAsync(string password)
    {
        await using var scope = service.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<Accounts>().CheckPasswordAsync(TestAccounts.New(), password, []);
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
    private Task<int> AgeAsync(Person person) =>
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
