using System.Net;
using Fabrique.Identity;
using Microsoft.EntityFrameworkCore;
using Person = Fabrique.Identity.Person;

namespace Fabrique.Tests;

public sealed class ProvidersOnSqliteTests(IdentityOnSqlite service) : ProvidersSuite(service), IClassFixture<IdentityOnSqlite>;

[Trait("Databases", "all")]
public sealed class ProvidersOnPostgreSqlTests(IdentityOnPostgreSql service) : ProvidersSuite(service), IClassFixture<IdentityOnPostgreSql>;

/// <summary>Entering by a provider of identities, and what becomes of those who try to enter as somebody else.</summary>
public abstract class ProvidersSuite(IdentityUnderTest service)
{
    private const string Loos = "21620528600015";
    private const string Pro = $"/compte/chez/{IdentityUnderTest.ProConnectCode}";
    private const string Plain = $"/compte/chez/{IdentityUnderTest.PlainCode}";
    private const string Inside = "/session/ouvrir";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_person_sees_what_the_provider_says_makes_an_account_and_is_known_the_next_time_by_nothing_but_the_providers_name_for_them()
    {
        var told = Somebody() with { Verified = true };
        var browser = await ArriveAsync(Plain, told);
        Assert.Contains(told.Email, browser.Text, StringComparison.Ordinal);
        Assert.Equal("Camille Essai", browser.Page!.QuerySelector("#nom")!.GetAttribute("value"));
        Assert.Null(await FindAsync(told.Email));
        await browser.SendAsync("compte", ("nom", " "));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        await browser.SendAsync("compte", ("nom", "Camille"));
        Assert.StartsWith(Inside, browser.Here, StringComparison.Ordinal);
        var person = (await FindAsync(told.Email))!;
        Assert.Equal(("Camille", null, true), (person.Name, person.PasswordHash, person.EmailConfirmed));

        // Another address at the provider, or none: the same person.
        var again = await ArriveAsync(Plain, told with { Email = "autre@example.org", Verified = false });
        Assert.StartsWith(Inside, again.Here, StringComparison.Ordinal);
        Assert.Equal(2, (await SessionsAsync(person)).Count);
        Assert.Null(await FindAsync("autre@example.org"));

        // It is the last way in: it stays. The address alone confirms that the account may go.
        await again.GoAsync("/compte/acces");
        await again.SendAsync("Délier");
        Assert.Contains("votre dernière façon d’entrer", again.Text, StringComparison.Ordinal);
        await again.GoAsync("/compte/donnees");
        await again.SendAsync("effacer", ("courriel", "autre@example.org"));
        Assert.NotNull(await FindAsync(told.Email));
        await again.SendAsync("effacer", ("courriel", told.Email.ToUpperInvariant()));
        Assert.Null(await FindAsync(told.Email));
    }

    [Fact]
    public async Task ProConnect_says_who_and_where_and_a_mail_confirms_the_address_that_it_does_not_vouch_for()
    {
        var told = Somebody() with { Siret = Loos };
        var browser = await ArriveAsync(Pro, told);
        Assert.Null(browser.Page!.QuerySelector("#nom"));
        await browser.SendAsync("lien");
        Assert.Contains("Consultez vos courriels", browser.Text, StringComparison.Ordinal);
        Assert.Null(await FindAsync(told.Email));
        var link = await service.LinkAsync(told.Email, 1);
        await browser.GoAsync(link);
        Assert.Null(browser.Page!.QuerySelector("#motdepasse"));
        await browser.SendAsync("compte");
        Assert.StartsWith(Inside, browser.Here, StringComparison.Ordinal);
        var person = (await FindAsync(told.Email))!;
        Assert.Equal("216205286", person.Siren);
        Assert.Empty(service.ProConnect.Refusals);

        // The session ends within twelve hours, whatever is done with it.
        var session = Assert.Single(await SessionsAsync(person));
        Assert.InRange(session.EndsAt!.Value - session.CreatedAt, 11 * 3_600_000, 12 * 3_600_000);
        Assert.False(session.Strong);
        await service.ReadAsync(db =>
            db.Sessions.Where(row => row.Id == session.Id)
                .ExecuteUpdateAsync(row => row.SetProperty(ended => ended.EndsAt, session.CreatedAt), Cancellation)
        );
        await browser.GoAsync("/compte/donnees");
        Assert.StartsWith("/compte/connexion", browser.Here, StringComparison.Ordinal);
        await browser.GoAsync(link);
        Assert.Equal(HttpStatusCode.Gone, browser.Status);
    }

    [Theory]
    [InlineData(Pro, null)]
    [InlineData(Plain, false)]
    [InlineData(Plain, true)]
    public async Task A_provider_that_names_somebodys_address_opens_nothing_until_they_confirm_it_in_the_browser_that_came_from_there(
        string door,
        bool? verified
    )
    {
        var victim = await service.MakeAsync($"{Guid.CreateVersion7():N}@example.org");
        var thief = await ArriveAsync(door, Somebody() with { Email = victim.Email!.ToUpperInvariant(), Verified = verified });
        Assert.Null(thief.Page!.QuerySelector("#nom"));
        await thief.GoAsync("/compte/acces");
        Assert.StartsWith("/compte/connexion", thief.Here, StringComparison.Ordinal);
        await thief.GoAsync("/compte/arrivee");
        await thief.SendAsync("lien");
        Assert.Empty(await SessionsAsync(victim));

        // The mail, opened by its owner in another browser, explains and links nothing.
        var link = await service.LinkAsync(victim.Email!, 1);
        var owner = service.Browser();
        await owner.GoAsync(link);
        Assert.Contains("dans le navigateur où vous avez commencé", owner.Text, StringComparison.Ordinal);
        Assert.Null(owner.Page!.QuerySelector("main form"));
        Assert.Equal(0, await LinkedAsync(victim));

        // Both in one browser: it is the owner.
        await thief.GoAsync(link);
        await thief.SendAsync("entrer");
        Assert.StartsWith(Inside, thief.Here, StringComparison.Ordinal);
        Assert.Equal(1, await LinkedAsync(victim));
        Assert.Contains(await service.MailsAsync(victim.Email!, 2), mail => mail.Contains("vre d", StringComparison.Ordinal));
    }

    [Theory]
    [
        InlineData(Forgery.Signature),
        InlineData(Forgery.NoSignature),
        InlineData(Forgery.Issuer),
        InlineData(Forgery.Audience),
        InlineData(Forgery.Subject),
        InlineData(Forgery.Expired),
        InlineData(Forgery.NotSigned)
    ]
    public async Task What_a_provider_did_not_sign_for_this_node_about_this_person_is_not_believed(Forgery forgery)
    {
        service.ProConnect.Forgery = forgery;
        try
        {
            await FailsAsync(await ArriveAsync(Pro, Somebody()));
        }
        finally
        {
            service.ProConnect.Forgery = Forgery.None;
        }
    }

    [Theory]
    [InlineData(Pro), InlineData(Plain)]
    public async Task A_provider_that_has_a_new_key_is_believed_at_once(string door)
    {
        var before = Somebody();
        Assert.Contains(before.Email, (await ArriveAsync(door, before)).Text, StringComparison.Ordinal);
        (door == Pro ? service.ProConnect : service.Plain).ChangeKey();
        var after = Somebody();
        Assert.Contains(after.Email, (await ArriveAsync(door, after)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_provider_that_answers_about_somebody_else_is_not_believed()
    {
        service.Plain.Forgery = Forgery.Subject;
        try
        {
            await FailsAsync(await ArriveAsync(Plain, Somebody() with { Verified = true }));
        }
        finally
        {
            service.Plain.Forgery = Forgery.None;
        }
    }

    [Fact]
    public async Task A_code_serves_once_in_the_browser_that_asked_and_in_its_time()
    {
        var browser = await ArriveAsync(Pro, Somebody());
        var callback = browser
            .Way.Single(address => address.AbsolutePath.StartsWith("/compte/retour/", StringComparison.Ordinal))
            .PathAndQuery;
        await browser.GoAsync(callback);
        await FailsAsync(browser);
        var other = service.Browser();
        await other.GoAsync(callback);
        await FailsAsync(other);
        await other.GoAsync($"/compte/retour/{IdentityUnderTest.ProConnectCode}?code=abc");
        await FailsAsync(other);
        await other.GoAsync($"/compte/retour/{IdentityUnderTest.ProConnectCode}?code=abc&state={new string('x', 40)}");
        await FailsAsync(other);

        service.ProConnect.Delay = TimeSpan.FromSeconds(31);
        try
        {
            await FailsAsync(await ArriveAsync(Pro, Somebody()));
        }
        finally
        {
            service.ProConnect.Delay = default;
        }
    }

    [Theory]
    [InlineData("access_denied", "Vous avez renoncé")]
    [InlineData("server_error", "n’a pas pu dire qui vous êtes")]
    public async Task An_error_of_the_provider_is_a_page_with_a_way_out(string error, string said)
    {
        service.ProConnect.Error = error;
        try
        {
            var browser = await ArriveAsync(Pro, Somebody());
            Assert.Contains(said, browser.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("secret details", browser.Text, StringComparison.Ordinal);
            await FailsAsync(browser);
            await browser.GoAsync("/en" + Pro);
            Assert.StartsWith("/en/compte/arrivee", browser.Here, StringComparison.Ordinal);
        }
        finally
        {
            service.ProConnect.Error = "";
        }
    }

    [Theory]
    [InlineData(Pro, "mfa", true)]
    [InlineData(Pro, "pwd", false)]
    [InlineData(Plain, "mfa", false)]
    public async Task A_second_factor_at_the_provider_counts_where_it_says_so_and_the_settings_take_its_word(
        string door,
        string method,
        bool strong
    )
    {
        var person = await service.MakeAsync($"{Guid.CreateVersion7():N}@example.org", new Grant(Grant.Facilitator, Grant.Everywhere));
        var told = Somebody() with { Method = method };
        await LinkAsync(person, door, told);
        await ArriveAsync(door, told);
        Assert.Equal(strong, (await SessionsAsync(person))[^1].Strong);
    }

    [Fact]
    public async Task A_second_factor_at_a_provider_takes_the_place_of_no_other_and_no_other_takes_its_place()
    {
        // The owner has a passkey; whoever has the password links an identity of their own, with as many factors as they like.
        var owner = await service.MakeAsync($"{Guid.CreateVersion7():N}@example.org", new Grant(Grant.Facilitator, Grant.Everywhere));
        using var device = new SoftPasskey();
        var browser = service.Browser();
        await browser.SignInAsync(owner.Email!);
        await browser.GoAsync("/compte/acces");
        await browser.SendAsync("ajout", ("cle", device.Create((await browser.ChallengeAsync()).Challenge)));
        var thief = Somebody() with { Method = "mfa" };
        await LinkAsync(owner, Pro, thief);
        await ArriveAsync(Pro, thief);
        Assert.False((await SessionsAsync(owner))[^1].Strong);

        // The owner's second factor is the provider's: the password neither unlinks it nor sets up codes.
        var other = await service.MakeAsync($"{Guid.CreateVersion7():N}@example.org", new Grant(Grant.Facilitator, Grant.Everywhere));
        var told = Somebody() with { Method = "mfa" };
        await LinkAsync(other, Pro, told);
        await ArriveAsync(Pro, told);
        Assert.True((await SessionsAsync(other))[^1].Strong);
        var weak = service.Browser();
        await weak.SignInAsync(other.Email!);
        await weak.GoAsync("/compte/second-facteur");
        Assert.Null(weak.Page!.QuerySelector("code.key"));
        await weak.GoAsync("/compte/acces");
        await weak.SendAsync("Délier");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, weak.Status);
        Assert.Equal(1, await LinkedAsync(other));

        // Nor does another identity at the same provider count, which the password was enough to link.
        service.ProConnect.Person = thief = Somebody() with { Method = "mfa" };
        await weak.GoAsync(Pro);
        await weak.SendAsync("relier");
        Assert.Equal((2, 2), (await LinkedAsync(other), weak.Page!.QuerySelectorAll("form input[name=_handler][value^=delier-]").Length));
        await ArriveAsync(Pro, thief);
        Assert.False((await SessionsAsync(other))[^1].Strong);
        await ArriveAsync(Pro, told);
        Assert.True((await SessionsAsync(other))[^1].Strong);
    }

    [Theory]
    [
        InlineData("//ailleurs.example"),
        InlineData("https://ailleurs.example/"),
        InlineData("/\\ailleurs.example"),
        InlineData("javascript:alert(1)")
    ]
    public async Task The_way_back_from_a_provider_never_leads_to_another_site(string back)
    {
        var person = await service.MakeAsync($"{Guid.CreateVersion7():N}@example.org");
        var told = Somebody();
        await LinkAsync(person, Plain, told);
        var browser = await ArriveAsync($"{Plain}?retour={Uri.EscapeDataString(back)}", told);
        Assert.Equal(IdentityUnderTest.Origin, browser.Way[^1].GetLeftPart(UriPartial.Authority));
        Assert.StartsWith(Inside, browser.Here, StringComparison.Ordinal);
        await browser.GoAsync("/compte/chez/nulle-part");
        Assert.Equal(HttpStatusCode.NotFound, browser.Status);
    }

    [Fact]
    public async Task Signing_out_leads_through_the_provider_with_its_own_proof_and_back()
    {
        var person = await service.MakeAsync($"{Guid.CreateVersion7():N}@example.org");
        var told = Somebody();
        await LinkAsync(person, Pro, told);
        var browser = await ArriveAsync(Pro, told);
        await browser.GoAsync("/compte");
        await browser.SendAsync("fin");
        Assert.DoesNotContain(await SessionsAsync(person), session => session.EndsAt is not null);
        var address = browser.Page!.QuerySelector("main .notice a")!.GetAttribute("href")!;
        Assert.Equal($"0; url={address}", browser.Page!.QuerySelector("meta[http-equiv=refresh]")!.GetAttribute("content"));
        Assert.StartsWith(service.ProConnect.Issuer, address, StringComparison.Ordinal);
        await browser.GoAsync(address);
        Assert.Contains(told.Subject, service.ProConnect.SignedOut);
        Assert.StartsWith("/session/fermee", browser.Here, StringComparison.Ordinal);
        Assert.Empty(service.ProConnect.Refusals);
    }

    [Fact]
    public async Task An_identity_is_linked_where_its_owner_says_so_opens_one_account_and_is_taken_back()
    {
        var (first, second) = (
            await service.MakeAsync($"{Guid.CreateVersion7():N}@example.org"),
            await service.MakeAsync($"{Guid.CreateVersion7():N}@example.org")
        );
        var told = Somebody() with { Siret = Loos };
        await LinkAsync(first, Pro, told);

        // Coming back to a session changes nothing by itself; another account's identity cannot be taken.
        var browser = service.Browser();
        await browser.SignInAsync(second.Email!);
        service.ProConnect.Person = told;
        await browser.GoAsync(Pro);
        Assert.Contains("ouvre déjà un autre compte", browser.Text, StringComparison.Ordinal);
        Assert.Equal((1, 0), (await LinkedAsync(first), await LinkedAsync(second)));

        var mine = service.Browser();
        await mine.SignInAsync(first.Email!);
        await mine.GoAsync("/compte/acces");
        await mine.SendAsync("Délier");
        Assert.Equal(0, await LinkedAsync(first));
        Assert.Equal("", (await FindAsync(first.Email!))!.Siren);
        Assert.True(
            await service.ReadAsync(db =>
                db.Audit.AnyAsync(entry => entry.Action == "provider unlinked" && entry.Actor == first.Id, Cancellation)
            )
        );
        await browser.GoAsync(Pro);
        await browser.SendAsync("relier");
        Assert.Equal(1, await LinkedAsync(second));
    }

    private static ProviderPerson Somebody() => new($"sub-{Guid.CreateVersion7():N}", $"{Guid.CreateVersion7():N}@example.org");

    /// <summary>A browser that has come back from a provider, where this person sits.</summary>
    private async Task<PlainBrowser> ArriveAsync(string door, ProviderPerson person)
    {
        (door.StartsWith(Pro, StringComparison.Ordinal) ? service.ProConnect : service.Plain).Person = person;
        var browser = service.Browser();
        await browser.GoAsync(door);
        return browser;
    }

    /// <summary>Links an identity to an account from within.</summary>
    private async Task LinkAsync(Person person, string door, ProviderPerson told)
    {
        var browser = service.Browser();
        await browser.SignInAsync(person.Email!);
        (door == Pro ? service.ProConnect : service.Plain).Person = told;
        await browser.GoAsync(door);
        Assert.Equal(0, await LinkedAsync(person));
        await browser.SendAsync("relier");
        Assert.Equal(1, await LinkedAsync(person));
    }

    /// <summary>Nobody entered, and the page says so.</summary>
    private static async Task FailsAsync(PlainBrowser browser)
    {
        Assert.Contains("Rien n’a été créé ni changé ici", browser.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", browser.Page!.DocumentElement.OuterHtml, StringComparison.Ordinal);
        Assert.NotNull(browser.Page!.QuerySelector("main a[href^='/compte/connexion']"));
        await browser.GoAsync("/compte/acces");
        Assert.StartsWith("/compte/connexion", browser.Here, StringComparison.Ordinal);
    }

    private Task<Person?> FindAsync(string address) =>
        service.ReadAsync(db =>
        {
            var normalized = address.ToUpperInvariant();
            return db.Users.AsNoTracking().SingleOrDefaultAsync(person => person.NormalizedEmail == normalized, Cancellation);
        });

    private Task<List<SessionRow>> SessionsAsync(Person person) =>
        service.ReadAsync(db =>
            db.Sessions.AsNoTracking()
                .Where(session => session.Person == person.Id)
                .OrderBy(session => session.Id)
                .ToListAsync(Cancellation)
        );

    private Task<int> LinkedAsync(Person person) =>
        service.ReadAsync(db =>
            db.Set<Microsoft.AspNetCore.Identity.IdentityUserLogin<string>>().CountAsync(login => login.UserId == person.Id, Cancellation)
        );
}
