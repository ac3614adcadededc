using System.Net;
using System.Text.Json.Nodes;
using AngleSharp.Html.Parser;
using Fabrique.Identity;
using Fabrique.Records.V1;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OpenIddict.Abstractions;
using Person = Fabrique.Identity.Person;

namespace Fabrique.Tests;

public sealed class AccountsOnSqliteTests(ServiceOnSqlite<IdentityDb> service)
    : AccountsSuite(service),
        IClassFixture<ServiceOnSqlite<IdentityDb>>;

public sealed class AccountsOnPostgreSqlTests(ServiceOnPostgreSql<IdentityDb> service)
    : AccountsSuite(service),
        IClassFixture<ServiceOnPostgreSql<IdentityDb>>;

/// <summary>The life of accounts, and what those meet who try what pages do not offer.</summary>
public abstract class AccountsSuite(ServiceUnderTest<IdentityDb> service)
{
    private static readonly DateTimeOffset Today = TimeProvider.System.GetUtcNow();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_person_is_told_everything_that_is_kept_and_erased_with_all_of_it()
    {
        await using var scope = service.Services.CreateAsyncScope();
        var (db, life) = (scope.ServiceProvider.GetRequiredService<IdentityDb>(), scope.ServiceProvider.GetRequiredService<AccountLife>());
        var person = await TestAccounts.MakeAsync(
            scope,
            TestAccounts.New("Effacee@example.org", Today),
            new Grant(Grant.Referent, "ZZ001", "AGENT")
        );
        await FillAsync(scope, person);
        // Sent before there was an account, and to the same address otherwise written.
        scope
            .ServiceProvider.GetRequiredService<Links>()
            .Add(Links.Invitation, "Effacee@EXAMPLE.org", new(Grant.Delegate, "ZZ003", "ELU"));
        await db.SaveChangesAsync(Cancellation);

        var told = (await life.TellAsync(person, Cancellation)).ToJsonString();
        foreach (
            var kept in new[]
            {
                "Effacee@example.org",
                "referent:ZZ001:AGENT",
                "preuve de l’essai",
                "Firefox, Linux",
                "grant given",
                "sign-in",
                "delegate:ZZ003:ELU",
                "texte qui attend",
                "pratique dont on parle",
                "\"pace\":\"never\"",
                // Another service tells its part.
                "écrivez à effacee@example.org",
            }
        )
        {
            Assert.Contains(
                kept,
                JsonNode
                    .Parse(told)!
                    .ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }),
                StringComparison.Ordinal
            );
        }
        Assert.DoesNotContain(person.PasswordHash!, told, StringComparison.Ordinal);

        Assert.NotNull(await life.EraseAsync(person));
        db.ChangeTracker.Clear();
        Assert.Null(await db.Users.SingleOrDefaultAsync(row => row.Id == person.Id, Cancellation));
        Assert.False(await db.Grants.AnyAsync(row => row.Person == person.Id, Cancellation));
        Assert.False(await db.Sessions.AnyAsync(row => row.Person == person.Id, Cancellation));
        Assert.False(await db.JoinRequests.AnyAsync(row => row.Person == person.Id, Cancellation));
        Assert.False(await db.Links.AnyAsync(row => row.Email == "effacee@example.org", Cancellation));
        Assert.False(await db.Notices.AnyAsync(row => row.Person == person.Id, Cancellation));
        Assert.False(await db.NoticeChoices.AnyAsync(row => row.Person == person.Id, Cancellation));
        Assert.False(await db.Audit.AnyAsync(row => row.Actor == person.Id || row.Subject == person.Id, Cancellation));
        Assert.True(
            await db.Audit.AnyAsync(
                row => row.Action == "grant given" && row.Detail == "referent:ZZ001:AGENT" && row.Subject == "",
                Cancellation
            )
        );
        await foreach (
            var token in scope.ServiceProvider.GetRequiredService<IOpenIddictTokenManager>().FindBySubjectAsync(person.Id, Cancellation)
        )
        {
            Assert.Fail($"{token} is left");
        }
    }

    [Fact]
    public async Task Every_service_is_asked_to_forget_until_it_has_and_a_page_shows_which_have()
    {
        var practices = (PeopleFake)service.Services.GetRequiredKeyedService<PeopleService.PeopleServiceClient>("practices");
        var erasures = service.Services.GetRequiredService<Erasures>();
        await using var scope = service.Services.CreateAsyncScope();
        var (db, life) = (scope.ServiceProvider.GetRequiredService<IdentityDb>(), scope.ServiceProvider.GetRequiredService<AccountLife>());
        var person = await TestAccounts.MakeAsync(scope, TestAccounts.New("Partout@example.org", Today));
        var (id, page) = (person.Id, "");

        practices.IsAway = true;
        try
        {
            var copy = await life.TellAsync(person, Cancellation);
            Assert.Equal(["practices"], copy["unanswered"]!.AsArray().Select(name => (string?)name));
            page = Fabrique.Identity.Pages.Erasure + await life.EraseAsync(person);
            // Practices is away; territories keeps nothing of anybody, and so has answered.
            await erasures.AskDueAsync(Cancellation);
            Assert.Equal(("territories", ""), (await RowsAsync(answered: true)).Single());
            Assert.Equal(("practices", "partout@example.org"), (await RowsAsync(answered: false)).Single());
            var shown = await ReadAsync();
            Assert.Contains("Territoires\u00a0: effacé", shown, StringComparison.Ordinal);
            Assert.Contains("Pratiques\u00a0: pas encore", shown, StringComparison.Ordinal);
        }
        finally
        {
            practices.IsAway = false;
        }

        // In its turn, and once.
        await erasures.AskDueAsync(Cancellation);
        Assert.DoesNotContain(practices.Erased, erased => erased.Person == id);
        using var later = ActivatorUtilities.CreateInstance<Erasures>(service.Services, new FakeTimeProvider(Today.AddHours(1)));
        await later.AskDueAsync(Cancellation);
        await later.AskDueAsync(Cancellation);
        Assert.Equal("partout@example.org", Assert.Single(practices.Erased, erased => erased.Person == id).Email);
        Assert.Empty(await RowsAsync(answered: false));
        Assert.DoesNotContain(await RowsAsync(answered: true), row => row.Email.Length > 0);
        Assert.Contains("Pratiques\u00a0: effacé", await ReadAsync(), StringComparison.Ordinal);

        async Task<List<(string Service, string Email)>> RowsAsync(bool answered) =>
            [
                .. (
                    await db
                        .Erasures.AsNoTracking()
                        .Where(row => (row.AnsweredAt != null) == answered && Fabrique.Identity.Pages.Erasure + row.Request == page)
                        .ToListAsync(Cancellation)
                ).Select(row => (row.Service, row.Email)),
            ];

        async Task<string> ReadAsync()
        {
            using var http = Browser();
            return WebUtility.HtmlDecode(await http.GetStringAsync(new Uri(page, UriKind.Relative), Cancellation));
        }
    }

    [Fact]
    public async Task Whoever_alone_looks_after_the_node_is_not_erased()
    {
        await using var scope = service.Services.CreateAsyncScope();
        var (node, life) = (service.Services.GetRequiredService<NodeKey>().Node, scope.ServiceProvider.GetRequiredService<AccountLife>());
        var first = await TestAccounts.MakeAsync(scope, TestAccounts.New("seule@example.org", Today), new Grant(Grant.Steward, node));
        Assert.Null(await life.EraseAsync(first));
        var second = await TestAccounts.MakeAsync(scope, TestAccounts.New("relève@example.org", Today), new Grant(Grant.Steward, node));
        Assert.NotNull(await life.EraseAsync(first));
        Assert.Null(await life.EraseAsync(second));
    }

    [Fact]
    public async Task Two_years_without_a_sign_in_are_told_and_a_month_later_the_account_is_gone_unless_somebody_came()
    {
        await using var scope = service.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        var (gone, back, recent) = (
            await TestAccounts.MakeAsync(scope, TestAccounts.New("partie@example.org", Today.AddDays(-731))),
            await TestAccounts.MakeAsync(scope, TestAccounts.New("revenue@example.org", Today.AddDays(-731))),
            await TestAccounts.MakeAsync(scope, TestAccounts.New("presente@example.org", Today.AddDays(-729)))
        );

        await TidyAsync(scope, Today);
        await TidyAsync(scope, Today.AddHours(1));
        Assert.NotEqual(0, (await ReadAsync(gone)).WarnedAt);
        Assert.Equal(0, (await ReadAsync(recent)).WarnedAt);
        (await db.Users.SingleAsync(row => row.Id == back.Id, Cancellation)).SeenAt = Today.AddDays(3).ToUnixTimeMilliseconds();
        await db.SaveChangesAsync(Cancellation);

        await TidyAsync(scope, Today.AddDays(29));
        Assert.True(await ExistsAsync(gone));
        await TidyAsync(scope, Today.AddDays(31));
        Assert.Equal((false, true, true), (await ExistsAsync(gone), await ExistsAsync(back), await ExistsAsync(recent)));

        async Task<Person> ReadAsync(Person person) => await db.Users.AsNoTracking().SingleAsync(row => row.Id == person.Id, Cancellation);
        Task<bool> ExistsAsync(Person person) => db.Users.AnyAsync(row => row.Id == person.Id, Cancellation);
    }

    [Fact]
    public async Task An_address_gets_five_links_an_hour_and_the_page_says_the_same_each_time()
    {
        var said = new HashSet<string>();
        for (var times = 0; times < 7; times++)
        {
            using var http = Browser();
            said.Add(await SignUpAsync(http, times % 2 == 0 ? "Inondee@example.org" : "inondee@EXAMPLE.org"));
        }
        Assert.Single(said);
        await using var scope = service.Services.CreateAsyncScope();
        Assert.Equal(
            5,
            await scope
                .ServiceProvider.GetRequiredService<IdentityDb>()
                .Links.CountAsync(link => link.Email == "inondee@example.org", Cancellation)
        );
    }

    [Theory]
    [InlineData("X-Forwarded-Host", "ailleurs.example")]
    [InlineData("X-Forwarded-Proto", "javascript")]
    [InlineData("X-Original-Host", "ailleurs.example")]
    [InlineData("Forwarded", "host=ailleurs.example")]
    public async Task No_header_decides_where_a_mail_leads(string header, string value)
    {
        using var http = Browser();
        http.DefaultRequestHeaders.Add(header, value);
        var address = $"{Guid.CreateVersion7():N}@example.org";
        await SignUpAsync(http, address);
        await WholeNode.EventuallyAsync(
            true,
            async () =>
            {
                await Task.CompletedTask;
                return Mails().Any(mail => mail.Contains(address, StringComparison.Ordinal));
            },
            TimeSpan.FromSeconds(10)
        );
        var mail = Mails().Single(mail => mail.Contains(address, StringComparison.Ordinal)).Replace("=\r\n", "", StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:8080/compte/lien/", mail, StringComparison.Ordinal);
        Assert.DoesNotContain("ailleurs", mail, StringComparison.Ordinal);
    }

    public static TheoryData<string> Pages =>
        new(
            typeof(Identity.Components.App)
                .Assembly.GetTypes()
                .SelectMany(page => page.GetCustomAttributes(typeof(RouteAttribute), false).Cast<RouteAttribute>())
                .Select(route =>
                    route
                        .Template.Replace("{Secret}", "x", StringComparison.Ordinal)
                        .Replace("{Id}", "x", StringComparison.Ordinal)
                        .Replace("{Step}", "courrier", StringComparison.Ordinal)
                )
                .Append("/compte/donnees/copie")
        );

    [Theory, MemberData(nameof(Pages))]
    public async Task A_form_without_its_proof_changes_nothing_on_any_page(string page)
    {
        using var http = Browser();
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["_handler"] = "effacer",
                ["courriel"] = "forgee@example.org",
                ["motdepasse"] = "x",
            }
        );
        using var refused = await http.PostAsync(new Uri(page, UriKind.Relative), form, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        await using var scope = service.Services.CreateAsyncScope();
        Assert.False(
            await scope
                .ServiceProvider.GetRequiredService<IdentityDb>()
                .Links.AnyAsync(link => link.Email == "forgee@example.org", Cancellation)
        );
    }

    [Fact]
    public async Task What_is_far_too_long_or_no_form_at_all_is_refused_and_shows_nothing_of_the_inside()
    {
        using var http = Browser();
        (HttpContent Body, string Page)[] sent =
        [
            (new StringContent(new string('x', 3 << 20), null, "application/x-www-form-urlencoded"), "/compte/connexion"),
            (new StringContent("courriel=" + new string('%', 1000), null, "application/x-www-form-urlencoded"), "/compte/connexion"),
            (new StringContent("{", null, "application/json"), "/compte/inscription"),
            (
                new StringContent(
                    "grant_type=refresh_token&refresh_token=" + new string('x', 100_000),
                    null,
                    "application/x-www-form-urlencoded"
                ),
                "/connect/token"
            ),
            (new StringContent("--x\r\nno part", null, "multipart/form-data"), "/compte/installation"),
        ];
        foreach (var (body, page) in sent)
        {
            using var answer = await http.PostAsync(new Uri(page, UriKind.Relative), body, Cancellation);
            Assert.InRange((int)answer.StatusCode, 400, 499);
            Assert.DoesNotContain("   at ", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            body.Dispose();
        }
    }

    [Fact]
    public async Task A_site_without_a_host_name_offers_no_passkeys_and_says_why()
    {
        var person = $"{Guid.CreateVersion7():N}@example.org";
        await using (var scope = service.Services.CreateAsyncScope())
        {
            await TestAccounts.MakeAsync(scope, TestAccounts.New(person, Today));
        }
        using var http = Browser();
        using var read = await new HtmlParser().ParseDocumentAsync(
            await http.GetStringAsync(new Uri("/compte/connexion", UriKind.Relative), Cancellation),
            Cancellation
        );
        Assert.Null(read.QuerySelector("[data-passkey], script"));
        var fields = read.QuerySelectorAll("main form input[type=hidden]")
            .ToDictionary(field => field.GetAttribute("name")!, field => field.GetAttribute("value") ?? "");
        (fields["courriel"], fields["motdepasse"], fields["voie"]) = (person, Tests.Browser.Password, "motdepasse");
        using var entered = await http.PostAsync(
            new Uri("/compte/connexion", UriKind.Relative),
            new FormUrlEncodedContent(fields),
            Cancellation
        );
        var access = await http.GetStringAsync(new Uri("/compte/acces", UriKind.Relative), Cancellation);
        Assert.Contains("Les clés d’accès demandent un nom d’hôte", WebUtility.HtmlDecode(access), StringComparison.Ordinal);
        Assert.DoesNotContain("data-passkey", access, StringComparison.Ordinal);
        using var challenge = await http.PostAsync(new Uri("/compte/cle/entree", UriKind.Relative), null, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, challenge.StatusCode);
    }

    [Fact]
    public async Task Whoever_is_not_signed_in_gets_nobodys_data()
    {
        using var http = Browser();
        foreach (
            var page in new[] { "/compte/donnees", "/compte/journal", "/compte/courriels", "/compte/gestion", "/compte/gestion/courrier" }
        )
        {
            using var answer = await http.GetAsync(new Uri(page, UriKind.Relative), Cancellation);
            Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
            Assert.Contains("/compte/connexion", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        }
    }

    /// <summary>A browser without a name for a window: it keeps cookies and follows nobody.</summary>
    private HttpClient Browser() =>
        new(new HttpClientHandler { AllowAutoRedirect = false })
        {
            BaseAddress = service.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

    private static async Task<string> SignUpAsync(HttpClient http, string address)
    {
        const string page = "/compte/inscription";
        using var read = await new HtmlParser().ParseDocumentAsync(
            await http.GetStringAsync(new Uri(page, UriKind.Relative), Cancellation),
            Cancellation
        );
        var fields = read.QuerySelectorAll("main form input[type=hidden]")
            .ToDictionary(field => field.GetAttribute("name")!, field => field.GetAttribute("value") ?? "");
        fields["courriel"] = address;
        using var answer = await http.PostAsync(new Uri(page, UriKind.Relative), new FormUrlEncodedContent(fields), Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var said = await new HtmlParser().ParseDocumentAsync(await answer.Content.ReadAsStringAsync(Cancellation), Cancellation);
        return said.QuerySelector("main")!.TextContent;
    }

    private List<string> Mails() =>
        [.. service.Services.GetRequiredService<MailSender>().Mailbox!.GetFiles("*.eml").Select(file => File.ReadAllText(file.FullName))];

    /// <summary>One of everything that can be kept of a person.</summary>
    private static async Task FillAsync(AsyncServiceScope scope, Person person)
    {
        var (db, now) = (scope.ServiceProvider.GetRequiredService<IdentityDb>(), Today.ToUnixTimeMilliseconds());
        db.Sessions.Add(
            new()
            {
                Id = Guid.CreateVersion7().ToString(),
                Person = person.Id,
                Browser = "Firefox, Linux",
                CreatedAt = now,
                SeenAt = now,
            }
        );
        db.JoinRequests.Add(
            new()
            {
                Id = Guid.CreateVersion7().ToString(),
                Person = person.Id,
                Territory = "ZZ002",
                Family = "AGENT",
                Function = "essai",
                Proof = "preuve de l’essai",
                Status = JoinRow.Open,
                AskedAt = now,
            }
        );
        db.Mails.Add(
            new()
            {
                Id = Guid.CreateVersion7().ToString(),
                Recipient = person.Email!,
                Subject = "essai",
                Text = "texte qui attend",
                Html = "",
                CreatedAt = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
                NextAt = long.MaxValue,
            }
        );
        db.Notices.Add(
            new()
            {
                Id = Guid.CreateVersion7().ToString(),
                Person = person.Id,
                Topic = NoticeTopics.PracticeRemark.Name,
                Subject = "x",
                Territory = "ZZ001",
                Title = "pratique dont on parle",
                Path = "/",
                Event = "x",
                DueAt = long.MaxValue,
            }
        );
        db.NoticeChoices.Add(
            new()
            {
                Person = person.Id,
                Topic = NoticeTopics.PracticeReport.Name,
                Pace = NoticePace.Never,
            }
        );
        scope.ServiceProvider.GetRequiredService<Links>().Add(Links.SignIn, person.Email!);
        await db.SaveChangesAsync(Cancellation);
        await scope
            .ServiceProvider.GetRequiredService<IOpenIddictTokenManager>()
            .CreateAsync(
                new OpenIddictTokenDescriptor
                {
                    Subject = person.Id,
                    Type = "refresh_token",
                    Status = "valid",
                },
                Cancellation
            );
    }

    /// <summary>The hourly work, at a moment.</summary>
    private static Task TidyAsync(AsyncServiceScope scope, DateTimeOffset now) =>
        ActivatorUtilities.CreateInstance<AccountLife>(scope.ServiceProvider, new FakeTimeProvider(now)).ForgetInactiveAsync(Cancellation);
}
