using System.Diagnostics;
using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Fabrique.Identity;
using Fabrique.Identity.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using static Fabrique.Tests.Answers;
using GrantMessage = Fabrique.Identity.V1.Grant;

namespace Fabrique.Tests;

/// <summary>What somebody meets who wants in without being let in, at the service that knows who is who.</summary>
public sealed class AttackTests(ServiceOnSqlite<IdentityDb> service) : IClassFixture<ServiceOnSqlite<IdentityDb>>
{
    private const string Home = "ZZ001";
    private const string Elsewhere = "ZZ002";

    private static readonly string[] Typed = ["courriel", "nom", "motdepasse"];
    private static readonly string[] Doors =
    [
        "/compte/connexion",
        "/compte/inscription",
        "/compte/installation",
        "/compte/verification",
        "/connect/token",
        "/connect/revocation",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IdentityService.IdentityServiceClient Identity => new(service.Channel);

    public static TheoryData<string> Forgeries =>
        new(
            "none",
            "no signature",
            "the public key as a password",
            "the public key in words as a password",
            "a key of one's own",
            "a key that the token brings",
            "another node",
            "expired",
            "somebody else's audience",
            "another kind of token",
            "not yet"
        );

    [Theory, MemberData(nameof(Forgeries))]
    public async Task A_token_that_nobody_here_signed_opens_nothing(string forgery)
    {
        Assert.Equal(StatusCode.OK, await AskAsync(Sign(Descriptor("genuine"))));
        Assert.Equal(StatusCode.Unauthenticated, await AskAsync(Forge(forgery)));
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("\\\\evil.example/")]
    [InlineData("https:evil.example")]
    [InlineData("/\t/evil.example/")]
    [InlineData("\t//evil.example/")]
    [InlineData("/\n/evil.example/")]
    [InlineData("//evil.example@127.0.0.1/")]
    [InlineData("@evil.example")]
    [InlineData("/@evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("%2F%2Fevil.example")]
    [InlineData("/%2Fevil.example")]
    [InlineData("/%5Cevil.example")]
    [InlineData("/..//evil.example")]
    [InlineData("///evil.example")]
    [InlineData("/\u2028/evil.example")]
    public async Task No_address_that_somebody_slipped_into_a_link_leads_away_after_the_sign_in(string back)
    {
        var address = $"{Guid.CreateVersion7():N}@example.org";
        await TestAccounts.MakeAsync(service, TestAccounts.New(address));
        using var visitor = new Visitor(service.Address);
        var page = $"/compte/connexion?retour={Uri.EscapeDataString(back)}";
        var entered = await visitor.SubmitAsync(
            page,
            "connexion",
            new()
            {
                ["courriel"] = address,
                ["motdepasse"] = Browser.Password,
                ["voie"] = "motdepasse",
            }
        );
        Assert.Equal(HttpStatusCode.Redirect, entered.Status);
        // As browsers read it, who forgive much.
        var there = new Url(new Url(service.Address.AbsoluteUri), entered.Response.Headers.GetValues("Location").Single());
        Assert.Equal((service.Address.Host, "http"), (there.HostName, there.Scheme));
        foreach (var link in (await visitor.GetAsync(page)).Links.Where(link => link.Contains("retour", StringComparison.Ordinal)))
        {
            Assert.StartsWith("/", link, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_form_of_somebody_who_is_signed_in_needs_the_proof_of_the_same_browser()
    {
        const string address = "formulaires@example.org";
        var person = await TestAccounts.MakeAsync(
            service,
            TestAccounts.New(address),
            new Grant(Grant.Steward, service.Services.GetRequiredService<NodeKey>().Node),
            new Grant(Grant.Referent, Home, "AGENT")
        );
        using var visitor = await Visitor.SignedInAsync(service.Address, address);
        await using var scope = service.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        await db
            .Sessions.Where(session => session.Person == person.Id)
            .ExecuteUpdateAsync(row => row.SetProperty(session => session.Strong, true), Cancellation);
        await scope
            .ServiceProvider.GetRequiredService<PersonalTokens>()
            .MakeAsync(person, Guid.CreateVersion7(), "à retirer", [new(Grant.Delegate, Home)], writes: true, 30);
        await scope
            .ServiceProvider.GetRequiredService<NodePrograms>()
            .RegisterAsync("", Guid.CreateVersion7(), "à retirer aussi", [], writes: false);
        using var other = new Visitor(service.Address);
        var foreign = Proof(await other.GetAsync("/compte/connexion"));
        var before = await StateAsync();

        var forms = 0;
        foreach (
            var page in new[]
            {
                "/compte",
                "/compte/donnees",
                "/compte/jetons",
                "/compte/programmes",
                "/compte/second-facteur",
                "/compte/connexion",
                "/compte/inscription",
                "/compte/installation",
            }
        )
        {
            foreach (var form in (await visitor.GetAsync(page)).Document.QuerySelectorAll<IHtmlFormElement>("main form[method=post]"))
            {
                forms++;
                var fields = PortalPage.Fields(form).DistinctBy(field => field.Key).ToDictionary(field => field.Key, field => field.Value);
                Assert.True(fields.Remove("__RequestVerificationToken"), $"{page} {form.GetAttribute("action")} has no proof");
                foreach (var typed in Typed.Where(fields.ContainsKey))
                {
                    fields[typed] = typed == "courriel" ? "forge@example.org" : Browser.Password;
                }
                var action = form.GetAttribute("action")!;
                Assert.Equal(HttpStatusCode.BadRequest, (await visitor.PostAsync(action, fields)).Status);
                Assert.Equal(
                    HttpStatusCode.BadRequest,
                    (
                        await visitor.PostAsync(action, new Dictionary<string, string>(fields) { ["__RequestVerificationToken"] = foreign })
                    ).Status
                );
            }
        }
        Assert.InRange(forms, 10, 40);
        Assert.Equal(before, await StateAsync());

        async Task<string> StateAsync()
        {
            db.ChangeTracker.Clear();
            var now = await db.Users.SingleAsync(row => row.Id == person.Id, Cancellation);
            return string.Join(
                ' ',
                now.PasswordHash,
                now.TwoFactorEnabled,
                await db.Users.CountAsync(Cancellation),
                await db.Sessions.CountAsync(session => session.Person == person.Id, Cancellation),
                await db.PersonalTokens.CountAsync(token => token.Person == person.Id, Cancellation),
                await db.Programs.CountAsync(Cancellation),
                await db.Links.CountAsync(link => link.Email == "forge@example.org", Cancellation)
            );
        }
    }

    [Fact]
    public async Task Who_has_an_account_can_be_told_neither_from_the_words_nor_from_the_time_of_an_answer()
    {
        string[] known = [.. Enumerable.Range(0, 9).Select(number => $"connu{number}@example.org")];
        string[] unknown = [.. Enumerable.Range(0, 9).Select(number => $"autre{number}@example.org")];
        foreach (var address in known)
        {
            await TestAccounts.MakeAsync(service, TestAccounts.New(address));
        }
        var locked = await TestAccounts.MakeAsync(service, TestAccounts.New("ferme@example.org"));
        await using (var scope = service.Services.CreateAsyncScope())
        {
            await scope
                .ServiceProvider.GetRequiredService<IdentityDb>()
                .Users.Where(row => row.Id == locked.Id)
                .ExecuteUpdateAsync(
                    row => row.SetProperty(account => account.LockoutEnd, DateTimeOffset.MaxValue.AddDays(-1)),
                    Cancellation
                );
        }
        foreach (
            var (page, form, typed) in new (string, string, Dictionary<string, string>)[]
            {
                ("/compte/connexion", "connexion", new() { ["motdepasse"] = "pas le bon mot de passe", ["voie"] = "motdepasse" }),
                ("/compte/connexion", "connexion", new() { ["voie"] = "lien" }),
                ("/compte/inscription", "inscription", []),
            }
        )
        {
            List<double> ofKnown = [],
                ofUnknown = [],
                ofLocked = [];
            var said = new HashSet<string>();
            // One after the other, so that what else the machine does falls on all alike; the first pair only warms up.
            for (var turn = 0; turn < known.Length; turn++)
            {
                ofKnown.Add(await MeasureAsync(known[turn]));
                ofUnknown.Add(await MeasureAsync(unknown[turn]));
                if (typed.ContainsKey("motdepasse"))
                {
                    ofLocked.Add(await MeasureAsync("ferme@example.org"));
                }
            }
            Assert.Single(said);
            // A password that is not looked at is many times quicker.
            if (ofLocked.Count > 0)
            {
                Assert.InRange(Median(ofKnown) / Median(ofUnknown), 1 / 4.0, 4);
                Assert.InRange(Median(ofLocked) / Median(ofUnknown), 1 / 4.0, 4);
            }

            async Task<double> MeasureAsync(string address)
            {
                using var visitor = new Visitor(service.Address);
                var opened = await visitor.GetAsync(page);
                var watch = Stopwatch.StartNew();
                var answer = await visitor.SubmitAsync(opened, page, form, new(typed) { ["courriel"] = address });
                var time = watch.Elapsed.TotalMilliseconds;
                said.Add(
                    $"{answer.Status} {answer.Document.QuerySelector("main")!.InnerHtml.Replace(answer.Document.QuerySelector("main form") is null ? "proof" : Proof(answer), "", StringComparison.Ordinal).Replace(address, "…", StringComparison.Ordinal)}"
                );
                return time;
            }
        }

        // What takes time where a mail is asked for is to write, and that is done for all alike.
        await using (var scope = service.Services.CreateAsyncScope())
        {
            var links = await scope
                .ServiceProvider.GetRequiredService<IdentityDb>()
                .Links.AsNoTracking()
                .Select(link => link.Email)
                .ToListAsync(Cancellation);
            Assert.All(known.Concat(unknown), address => Assert.Equal((address, 2), (address, links.Count(email => email == address))));
        }

        static double Median(List<double> times) => times.Skip(1).Order().ElementAt((times.Count - 1) / 2);
    }

    [Fact]
    public async Task Codes_of_the_second_factor_are_not_guessed_and_a_spare_one_serves_once()
    {
        const string address = "codes@example.org";
        var person = await TestAccounts.MakeAsync(service, TestAccounts.New(address));
        await using var scope = service.Services.CreateAsyncScope();
        var people = scope.ServiceProvider.GetRequiredService<UserManager<Person>>();
        var account = (await people.FindByIdAsync(person.Id))!;
        await people.ResetAuthenticatorKeyAsync(account);
        await people.SetTwoFactorEnabledAsync(account, true);
        var spare = (await people.GenerateNewTwoFactorRecoveryCodesAsync(account, 4))!.ToList();
        var secret = (await people.GetAuthenticatorKeyAsync(account))!;

        Assert.Equal(HttpStatusCode.Redirect, (await TryAsync(spare[0])).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TryAsync(spare[0])).Status);
        using var visitor = await Visitor.SignedInAsync(service.Address, address);
        var right = Mailbox.OneTimeCode(secret);
        for (var tries = 0; tries < 5; tries++)
        {
            var wrong = (int.Parse(right, null) + 1 + tries) % 1_000_000;
            Assert.Equal(
                HttpStatusCode.UnprocessableEntity,
                (await visitor.SubmitAsync("/compte/verification", "code", new() { ["code"] = $"{wrong:D6}" })).Status
            );
        }
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await visitor.SubmitAsync("/compte/verification", "code", new() { ["code"] = Mailbox.OneTimeCode(secret) })).Status
        );

        async Task<PortalPage> TryAsync(string code)
        {
            using var attempt = await Visitor.SignedInAsync(service.Address, address);
            return await attempt.SubmitAsync("/compte/verification", "code", new() { ["code"] = code });
        }
    }

    [Fact]
    public async Task Whatever_a_form_says_that_it_is_about_rights_hold_where_they_hold()
    {
        var neighbour = await TestAccounts.MakeAsync(
            service,
            TestAccounts.New("voisin@example.org"),
            new Grant(Grant.Delegate, Elsewhere, "ELU")
        );
        var asking = await TestAccounts.MakeAsync(service, TestAccounts.New("demande@example.org"));
        var referent = As(new Grant(Grant.Referent, Home));
        await using var scope = service.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        var (now, request) = (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), Guid.CreateVersion7().ToString());
        db.JoinRequests.Add(
            new()
            {
                Id = request,
                Person = asking.Id,
                Territory = Elsewhere,
                Family = "AGENT",
                Function = "essai",
                Proof = "",
                Status = JoinRow.Open,
                AskedAt = now,
            }
        );
        var (invitation, _) = scope
            .ServiceProvider.GetRequiredService<Links>()
            .Add(Links.Invitation, "invite@example.org", new Grant(Grant.Delegate, Elsewhere, "ELU"));
        await db.SaveChangesAsync(Cancellation);
        var before = await StateAsync();

        foreach (
            var grant in new GrantMessage[]
            {
                new()
                {
                    Role = Grant.Delegate,
                    Scope = Elsewhere,
                    Family = "ELU",
                },
                new()
                {
                    Role = Grant.Delegate,
                    Scope = Grant.Everywhere,
                    Family = "ELU",
                },
                new()
                {
                    Role = Grant.Referent,
                    Scope = Home,
                    Family = "ELU",
                },
                new() { Role = Grant.Facilitator, Scope = Grant.Everywhere },
                new() { Role = Grant.Observer, Scope = Home },
                new() { Role = Grant.Steward, Scope = service.Services.GetRequiredService<NodeKey>().Node },
            }
        )
        {
            await RefusedAsync(StatusCode.PermissionDenied, () =>
                Identity
                    .GiveGrantAsync(new() { Person = asking.Id, Grant = grant }, referent, cancellationToken: Cancellation)
                    .ResponseAsync
            );
            await RefusedAsync(StatusCode.PermissionDenied, () =>
                Identity
                    .CreateInvitationAsync(new() { Email = "forge@example.org", Grant = grant }, referent, cancellationToken: Cancellation)
                    .ResponseAsync
            );
        }
        var own = new GrantMessage
        {
            Role = Grant.Delegate,
            Scope = Home,
            Family = "ELU",
        };
        await RefusedAsync(StatusCode.PermissionDenied, () => Identity
                .CreateInvitationAsync(
                    new()
                    {
                        Email = "forge@example.org",
                        Grant = own,
                        ReturnLink = true,
                    },
                    referent,
                    cancellationToken: Cancellation
                )
                .ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity
                .CreateInvitationAsync(
                    new() { Email = "forge@example.org", Grant = own },
                    As(new Grant(Grant.Delegate, Home)),
                    cancellationToken: Cancellation
                )
                .ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () => Identity
                .RemoveGrantAsync(
                    new()
                    {
                        Person = neighbour.Id,
                        Grant = new()
                        {
                            Role = Grant.Delegate,
                            Scope = Elsewhere,
                            Family = "ELU",
                        },
                    },
                    referent,
                    cancellationToken: Cancellation
                )
                .ResponseAsync);
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.DecideJoinRequestAsync(new() { Id = request, Accept = true }, referent, cancellationToken: Cancellation).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.WithdrawInvitationAsync(new() { Id = invitation.Id }, referent, cancellationToken: Cancellation).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.ListInvitationsAsync(new() { Territory = Elsewhere }, referent, cancellationToken: Cancellation).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.ListDelegatesAsync(new() { Territory = Elsewhere }, referent, cancellationToken: Cancellation).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () =>
            Identity.ListJoinRequestsAsync(new() { Territory = Elsewhere }, referent, cancellationToken: Cancellation).ResponseAsync
        );
        await RefusedAsync(StatusCode.PermissionDenied, () => Identity
                .GiveGrantAsync(
                    new()
                    {
                        Person = asking.Id,
                        Grant = new() { Role = Grant.Steward, Scope = service.Services.GetRequiredService<NodeKey>().Node },
                    },
                    As(new Grant(Grant.Facilitator, Grant.Everywhere)),
                    cancellationToken: Cancellation
                )
                .ResponseAsync);
        Assert.Equal(before, await StateAsync());

        async Task<string> StateAsync()
        {
            db.ChangeTracker.Clear();
            return string.Join(
                ' ',
                await db.Grants.CountAsync(Cancellation),
                await db.Links.CountAsync(Cancellation),
                (await db.JoinRequests.SingleAsync(row => row.Id == request, Cancellation)).Status,
                await db.Grants.CountAsync(row => row.Person == neighbour.Id, Cancellation)
            );
        }
    }

    [Fact]
    public async Task Nobody_ends_another_s_token_nor_sees_it()
    {
        var owner = await TestAccounts.MakeAsync(
            service,
            TestAccounts.New("proprietaire@example.org"),
            new Grant(Grant.Delegate, Home, "ELU")
        );
        var curious = await TestAccounts.MakeAsync(
            service,
            TestAccounts.New("curieux@example.org"),
            new Grant(Grant.Delegate, Home, "ELU")
        );
        await using var scope = service.Services.CreateAsyncScope();
        var tokens = scope.ServiceProvider.GetRequiredService<PersonalTokens>();
        await tokens.MakeAsync(owner, Guid.CreateVersion7(), "le mien", [new(Grant.Delegate, Home)], writes: true, 30);
        var id = (await tokens.ListAsync(owner.Id)).Single().Id;
        using var visitor = await Visitor.SignedInAsync(service.Address, "curieux@example.org");
        var page = await visitor.GetAsync("/compte/jetons");
        Assert.DoesNotContain("le mien", page.Text, StringComparison.Ordinal);
        await tokens.EndAsync(curious.Id, id);
        await visitor.PostAsync(
            "/compte/jetons",
            new Dictionary<string, string> { ["_handler"] = $"retirer-{id}", ["__RequestVerificationToken"] = Proof(page) }
        );
        Assert.Single(await tokens.ListAsync(owner.Id));
    }

    public static TheoryData<string, string, byte[]> Malformed =>
        new(
            from page in Doors
            from body in new (string, byte[])[]
            {
                ("application/x-www-form-urlencoded", "courriel=%FF%FE&nom=%C3%28"u8.ToArray()),
                ("application/x-www-form-urlencoded", [0xFF, 0xFE, (byte)'=', 0xC3]),
                ("application/x-www-form-urlencoded", "courriel=a%00b%00&motdepasse=%00"u8.ToArray()),
                (
                    "application/x-www-form-urlencoded",
                    Encoding.ASCII.GetBytes(string.Join('&', Enumerable.Range(0, 5_000).Select(number => $"f{number}=x")))
                ),
                ("application/x-www-form-urlencoded", Encoding.ASCII.GetBytes($"{new string('k', 5_000)}=x")),
                ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhalf"u8.ToArray()),
                ("multipart/form-data", "no boundary"u8.ToArray()),
                ("multipart/form-data; boundary=x", Encoding.ASCII.GetBytes($"--x\r\n{new string('h', 40_000)}: y\r\n\r\n\r\n--x--\r\n")),
                ("application/json", Encoding.ASCII.GetBytes(new string('[', 100_000))),
            }
            select (page, body.Item1, body.Item2)
        );

    [Theory, MemberData(nameof(Malformed))]
    public async Task What_cannot_be_read_is_refused_with_nothing_of_the_inside(string page, string type, byte[] body)
    {
        using var visitor = new Visitor(service.Address);
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await visitor.Http.PostAsync(new Uri(page, UriKind.Relative), content, Cancellation);
        Assert.InRange((int)answer.StatusCode, 400, 499);
        Assert.DoesNotContain("   at ", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_form_brings_that_no_keyboard_types_is_no_failure_either()
    {
        string[] values =
        [
            "a\0b",
            "\ud800",
            new('x', 100_000),
            "<script>alert(1)</script>",
            "=1+1",
            "%00",
            "\u202e\u200b",
            "a\r\nBcc: b@example.org",
        ];
        foreach (var value in values)
        {
            using var visitor = new Visitor(service.Address);
            foreach (
                var (page, form) in new[]
                {
                    ("/compte/connexion", "connexion"),
                    ("/compte/inscription", "inscription"),
                    ("/compte/installation", "installation"),
                }
            )
            {
                var answer = await visitor.SubmitAsync(
                    page,
                    form,
                    new()
                    {
                        ["courriel"] = value,
                        ["motdepasse"] = value,
                        ["nom"] = value,
                        ["cle"] = value,
                        ["voie"] = value,
                    }
                );
                Assert.InRange((int)answer.Status, 200, 499);
                Assert.Empty(answer.Document.QuerySelectorAll("main script"));
            }
        }
    }

    [Fact]
    public async Task What_people_call_themselves_is_text_in_their_mails_too()
    {
        await using var scope = service.Services.CreateAsyncScope();
        var (db, mails) = (scope.ServiceProvider.GetRequiredService<IdentityDb>(), scope.ServiceProvider.GetRequiredService<Mails>());
        mails.Add(
            "a@example.org",
            new Letter(
                "Sujet <b>\r\nBcc: victime@example.org",
                "<script>alert(1)</script>",
                "javascript:alert(1)",
                "https://example.org/\"onmouseover=\"x"
            )
        );
        var mail = db.Mails.Local.Single();
        Assert.DoesNotContain("<script", mail.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", mail.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"javascript", mail.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("\"onmouseover=\"", mail.Html, StringComparison.Ordinal);
        using var message = new MimeKit.MimeMessage { Subject = mail.Subject };
        Assert.DoesNotContain(message.Headers, header => header.Field == "Bcc");
        using var written = new MemoryStream();
        await message.WriteToAsync(written, Cancellation);
        Assert.DoesNotContain("\nBcc:", Encoding.UTF8.GetString(written.ToArray()), StringComparison.Ordinal);
    }

    private static string Proof(PortalPage page) =>
        page.Document.QuerySelector<IHtmlInputElement>("main input[name=__RequestVerificationToken]")!.Value;

    private Metadata As(Grant grant) =>
        new()
        {
            {
                "authorization",
                $"Bearer {NodeToken.Issue(service.Services.GetRequiredService<NodeKey>(), [grant], TimeSpan.FromMinutes(5), TimeProvider.System)}"
            },
        };

    private async Task<StatusCode> AskAsync(string token)
    {
        try
        {
            await Identity.ListDelegatesAsync(
                new() { Territory = Home },
                new Metadata { { "authorization", $"Bearer {token}" } },
                cancellationToken: Cancellation
            );
            return StatusCode.OK;
        }
        catch (RpcException refused)
        {
            return refused.StatusCode;
        }
    }

    private SigningKeys Keys => service.Services.GetRequiredService<SigningKeys>();

    /// <summary>A token of a person, as the service itself signs one.</summary>
    private static SecurityTokenDescriptor Descriptor(string session) =>
        new()
        {
            Issuer = "http://127.0.0.1:8080/",
            Audience = Tokens.Audience,
            TokenType = "at+jwt",
            Subject = new ClaimsIdentity([
                new(JwtRegisteredClaimNames.Sub, "quelqu’un"),
                new(Tokens.SessionClaim, session),
                new(Grant.Claim, $"{Grant.Referent}:{Home}"),
            ]),
            NotBefore = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-10),
            Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(4),
        };

    private string Sign(SecurityTokenDescriptor descriptor)
    {
        descriptor.SigningCredentials ??= new(Key(), SecurityAlgorithms.EcdsaSha256);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    private ECDsaSecurityKey Key()
    {
        var options = new OpenIddict.Server.OpenIddictServerOptions();
        Keys.Configure(options);
        return (ECDsaSecurityKey)options.SigningCredentials[0].Key;
    }

    private static JsonElement Jwk(ECParameters key) =>
        JsonSerializer.SerializeToElement(
            new
            {
                kty = "EC",
                crv = "P-256",
                x = Base64UrlEncoder.Encode(key.Q.X),
                y = Base64UrlEncoder.Encode(key.Q.Y),
            }
        );

    private string Forge(string how)
    {
        var (descriptor, key, own) = (Descriptor(how), Key(), ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        switch (how)
        {
            case "none":
                return $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"at+jwt"}""")}.{Sign(descriptor).Split('.')[1]}.";
            case "no signature":
                return Sign(descriptor)[..(Sign(Descriptor(how)).LastIndexOf('.') + 1)];
            case "the public key as a password":
                descriptor.SigningCredentials = new(
                    new SymmetricSecurityKey(key.ECDsa.ExportSubjectPublicKeyInfo()) { KeyId = key.KeyId },
                    SecurityAlgorithms.HmacSha256
                );
                break;
            case "the public key in words as a password":
                descriptor.SigningCredentials = new(
                    new SymmetricSecurityKey(Encoding.ASCII.GetBytes(key.ECDsa.ExportSubjectPublicKeyInfoPem())) { KeyId = key.KeyId },
                    SecurityAlgorithms.HmacSha256
                );
                break;
            case "a key of one's own":
                descriptor.SigningCredentials = new(new ECDsaSecurityKey(own) { KeyId = key.KeyId }, SecurityAlgorithms.EcdsaSha256);
                break;
            case "a key that the token brings":
                descriptor.SigningCredentials = new(new ECDsaSecurityKey(own), SecurityAlgorithms.EcdsaSha256);
                descriptor.AdditionalHeaderClaims = new Dictionary<string, object>
                {
                    ["jwk"] = Jwk(own.ExportParameters(false)),
                    ["jku"] = "https://evil.example/jwks",
                };
                break;
            case "another node":
                descriptor.Issuer = "https://ailleurs.example/";
                descriptor.SigningCredentials = new(new ECDsaSecurityKey(own) { KeyId = "ailleurs" }, SecurityAlgorithms.EcdsaSha256);
                break;
            case "expired":
                descriptor.Expires = now.AddMinutes(-2);
                break;
            case "somebody else's audience":
                descriptor.Audience = "somebody else";
                break;
            case "another kind of token":
                descriptor.TokenType = "JWT";
                break;
            case "not yet":
                descriptor.NotBefore = now.AddMinutes(2);
                break;
        }
        return Sign(descriptor);
    }
}
