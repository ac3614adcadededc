using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fabrique.Identity;
using Fabrique.Identity.V1;
using Grpc.Core;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using PersonalTokens = Fabrique.Identity.PersonalTokens;

namespace Fabrique.Tests;

public sealed class ProgramsOnSqliteTests(ServiceOnSqlite<IdentityDb> service)
    : ProgramsSuite(service),
        IClassFixture<ServiceOnSqlite<IdentityDb>>;

[Trait("Databases", "all")]
public sealed class ProgramsOnPostgreSqlTests(ServiceOnPostgreSql<IdentityDb> service)
    : ProgramsSuite(service),
        IClassFixture<ServiceOnPostgreSql<IdentityDb>>;

/// <summary>Programs that act for people and for the node, where they get their tokens.</summary>
public abstract class ProgramsSuite(ServiceUnderTest<IdentityDb> service)
{
    private static readonly Grant Referent = new(Grant.Referent, "ZZ001", "AGENT");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string GatewaySecret =>
        File.ReadAllText(Path.Combine(service.Services.GetRequiredService<IConfiguration>()["Data"]!, "gateway-secret"));

    [Fact]
    public async Task A_person_makes_a_token_that_is_shown_once_told_by_mail_and_kept_as_a_hash()
    {
        const string address = "jetons@example.org";
        await TestAccounts.MakeAsync(
            service,
            TestAccounts.New(address),
            Referent,
            new(Grant.Facilitator, Grant.Everywhere),
            new(Grant.Observer, Grant.Everywhere)
        );
        // The second factor is for what is not lent: a session without it makes tokens too.
        using var visitor = await Visitor.SignedInAsync(service.Address, address);
        var page = await visitor.GetAsync("/compte/jetons");
        Assert.Equal(
            ["delegate:ZZ001", "observer:*"],
            page.Document.QuerySelectorAll("input[name=droits]").Select(box => box.GetAttribute("value")!).Order()
        );

        var wrong = await visitor.SubmitAsync("/compte/jetons", "jeton", new() { ["duree"] = "9999" });
        Assert.Equal((HttpStatusCode.UnprocessableEntity, 3), (wrong.Status, wrong.Document.QuerySelectorAll(".error-summary li").Length));
        var forged = await visitor.SubmitAsync(
            "/compte/jetons",
            "jeton",
            new()
            {
                ["nom"] = "x",
                ["droits"] = "facilitator:*",
                ["duree"] = "30",
            }
        );
        Assert.Equal(HttpStatusCode.UnprocessableEntity, forged.Status);

        var made = await visitor.SubmitAsync(
            "/compte/jetons",
            "jeton",
            new()
            {
                ["nom"] = "Site <b>de</b> la ville",
                ["droits"] = "delegate:ZZ001",
                ["usage"] = "lire",
                ["duree"] = "30",
            }
        );
        var secret = made.Document.QuerySelector("code.key")!.TextContent;
        Assert.Matches("^fab_[0-9a-f]{72}$", secret);
        Assert.Contains("no-store", made.Response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Contains("Site <b>de</b> la ville", made.Text, StringComparison.Ordinal);
        var again = await visitor.GetAsync("/compte/jetons");
        Assert.DoesNotContain(secret, again.Html, StringComparison.Ordinal);
        Assert.Contains("N’a pas encore servi", again.Text, StringComparison.Ordinal);

        await using var scope = service.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        var row = await db.PersonalTokens.SingleAsync(token => token.Name == "Site <b>de</b> la ville", Cancellation);
        Assert.Equal((64, false), (row.Hash.Length, row.Hash.Contains(secret[4..20], StringComparison.Ordinal)));
        Assert.True(await db.Audit.AnyAsync(entry => entry.Action == "token made" && entry.Actor == row.Person, Cancellation));
        await WholeNode.EventuallyAsync(
            true,
            () =>
                Task.FromResult(
                    scope
                        .ServiceProvider.GetRequiredService<MailSender>()
                        .Mailbox!.GetFiles("*.eml")
                        .Select(file => File.ReadAllText(file.FullName))
                        .Any(mail =>
                            mail.Contains(address, StringComparison.Ordinal) && mail.Contains("/compte/jetons", StringComparison.Ordinal)
                        )
                ),
            TimeSpan.FromSeconds(10)
        );

        // It is traded for the part of the rights that was lent, to read only; the day is noted.
        var traded = await TradedAsync(secret);
        Assert.Equal(
            ("delegate:ZZ001:AGENT", "read", row.Id),
            (Grants(traded!), traded!.GetPayloadValue<string>("access"), traded.GetPayloadValue<string>("sid"))
        );
        Assert.Contains("pour la dernière fois", (await visitor.GetAsync("/compte/jetons")).Text, StringComparison.Ordinal);

        // Signing out elsewhere keeps it, and says so; taking it back ends it.
        Assert.Contains("gardent leurs jetons (1)", (await visitor.SubmitAsync("/compte", "partout", [])).Text, StringComparison.Ordinal);
        Assert.NotNull(await TradedAsync(secret));
        await visitor.SubmitAsync("/compte/jetons", $"retirer-{row.Id}", []);
        Assert.Null(await TradedAsync(secret));
        Assert.True(await db.Revocations.AnyAsync(revoked => revoked.Session == row.Id, Cancellation));
    }

    [Fact]
    public async Task A_second_click_makes_one_token_whose_shown_secret_works_and_a_late_one_changes_nothing()
    {
        var person = await TestAccounts.MakeAsync(service, TestAccounts.New("deux-fois@example.org"), Referent);
        using var visitor = await Visitor.SignedInAsync(service.Address, "deux-fois@example.org");
        var page = await visitor.GetAsync("/compte/jetons");
        var clicks = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ClickAsync()));
        var last = await ClickAsync();
        Assert.All(clicks.Append(last), click =>
            Assert.Matches("^fab_[0-9a-f]{72}$", click.Document.QuerySelector("code.key")!.TextContent)
        );
        Assert.NotNull(await TradedAsync(last.Document.QuerySelector("code.key")!.TextContent));

        await using var scope = service.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        var row = await db.PersonalTokens.SingleAsync(token => token.Person == person.Id, Cancellation);
        Assert.Equal(1, await db.Audit.CountAsync(entry => entry.Action == "token made" && entry.Actor == person.Id, Cancellation));

        // Somebody who loads the page again much later may have copied the secret.
        await db
            .PersonalTokens.Where(token => token.Id == row.Id)
            .ExecuteUpdateAsync(token => token.SetProperty(made => made.CreatedAt, row.CreatedAt - 60_000), Cancellation);
        var late = await ClickAsync();
        Assert.Null(late.Document.QuerySelector("code.key"));
        Assert.Contains("Ce formulaire a déjà fait un jeton", late.Text, StringComparison.Ordinal);
        Assert.NotNull(await TradedAsync(last.Document.QuerySelector("code.key")!.TextContent));

        // Nor does it bring back one that was taken back, under a name that is refused.
        await visitor.SubmitAsync("/compte/jetons", $"retirer-{row.Id}", []);
        Assert.Null((await ClickAsync()).Document.QuerySelector("code.key"));

        // The form of somebody else makes another token.
        var other = await TestAccounts.MakeAsync(service, TestAccounts.New(), Referent);
        var tokens = scope.ServiceProvider.GetRequiredService<PersonalTokens>();
        var request = Guid.Parse(page.Document.QuerySelector("input[name=demande]")!.GetAttribute("value")!);
        Assert.NotNull(await tokens.MakeAsync(other, request, "double", await tokens.LendableAsync(other.Id), writes: false, 30));
        Assert.NotEqual(row.Id, (await tokens.ListAsync(other.Id)).Single().Id);

        Task<PortalPage> ClickAsync() =>
            visitor.SubmitAsync(
                page,
                "/compte/jetons",
                "jeton",
                new()
                {
                    ["nom"] = "double",
                    ["droits"] = "delegate:ZZ001",
                    ["usage"] = "lire",
                    ["duree"] = "30",
                }
            );
    }

    [Fact]
    public async Task A_second_click_registers_one_program()
    {
        await using var scope = service.Services.CreateAsyncScope();
        var (programs, form) = (scope.ServiceProvider.GetRequiredService<NodePrograms>(), Guid.CreateVersion7());
        var first = await programs.RegisterAsync("", form, "double", [], writes: false);
        var second = await programs.RegisterAsync("", form, "double", [], writes: false);
        Assert.Equal(first.Id, second.Id);
        Assert.NotNull(second.Secret);
        Assert.NotEqual(first.Secret, second.Secret);
    }

    [Fact]
    public async Task A_token_never_has_more_than_the_person_still_has_and_ends_with_the_account()
    {
        var person = await TestAccounts.MakeAsync(
            service,
            TestAccounts.New("reste@example.org"),
            Referent,
            new Grant(Grant.Delegate, "ZZ002", "ELU")
        );
        await using var scope = service.Services.CreateAsyncScope();
        var (tokens, rights, life) = (
            scope.ServiceProvider.GetRequiredService<PersonalTokens>(),
            scope.ServiceProvider.GetRequiredService<RightsKeeper>(),
            scope.ServiceProvider.GetRequiredService<AccountLife>()
        );
        var secret = (
            await tokens.MakeAsync(person, Guid.CreateVersion7(), "essai", await tokens.LendableAsync(person.Id), writes: true, 30)
        )!;
        Assert.Equal("delegate:ZZ001:AGENT delegate:ZZ002:ELU", Grants((await TradedAsync(secret))!));

        await rights.EndAsync("", person.Id, Grant.Referent, "ZZ001");
        var less = (await TradedAsync(secret))!;
        Assert.Equal("delegate:ZZ002:ELU", Grants(less));
        // What was got before counts no more: services have heard it.
        Assert.True(service.Services.GetRequiredService<Revocations>().Include(person.Id, less.GetPayloadValue<long>("rights") - 1, ""));
        // A right given later is not lent by itself.
        await rights.GiveAsync("", person.Id, new Grant(Grant.Delegate, "ZZ003", "ELU"));
        Assert.Equal("delegate:ZZ002:ELU", Grants((await TradedAsync(secret))!));
        Assert.Contains("essai", (await life.TellAsync(person, Cancellation)).ToJsonString(), StringComparison.Ordinal);

        Assert.NotNull(
            await life.EraseAsync(
                await scope.ServiceProvider.GetRequiredService<IdentityDb>().Users.SingleAsync(row => row.Id == person.Id, Cancellation)
            )
        );
        Assert.Null(await TradedAsync(secret));
        Assert.False(
            await scope
                .ServiceProvider.GetRequiredService<IdentityDb>()
                .PersonalTokens.AnyAsync(token => token.Person == person.Id, Cancellation)
        );
    }

    [Fact]
    public async Task A_token_whose_time_is_over_is_none_and_an_access_token_does_not_outlive_it()
    {
        var person = await TestAccounts.MakeAsync(service, TestAccounts.New("duree@example.org"), Referent);
        await using var scope = service.Services.CreateAsyncScope();
        var tokens = scope.ServiceProvider.GetRequiredService<PersonalTokens>();
        var secret = (
            await tokens.MakeAsync(person, Guid.CreateVersion7(), "essai", await tokens.LendableAsync(person.Id), writes: true, 30)
        )!;
        var late = ActivatorUtilities.CreateInstance<PersonalTokens>(
            scope.ServiceProvider,
            new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(30))
        );
        Assert.Null(await late.TradeAsync(secret));
        await scope
            .ServiceProvider.GetRequiredService<IdentityDb>()
            .PersonalTokens.Where(token => token.Person == person.Id)
            .ExecuteUpdateAsync(
                row => row.SetProperty(token => token.ExpiresAt, TimeProvider.System.GetUtcNow().AddMinutes(1).ToUnixTimeMilliseconds()),
                Cancellation
            );
        Assert.InRange(((await TradedAsync(secret))!.ValidTo - TimeProvider.System.GetUtcNow().UtcDateTime).TotalSeconds, 1, 61);
    }

    [Fact]
    public async Task Nobody_but_the_gateway_trades_personal_tokens()
    {
        var person = await TestAccounts.MakeAsync(service, TestAccounts.New("echange@example.org"), Referent);
        await using var scope = service.Services.CreateAsyncScope();
        var secret = (
            await scope
                .ServiceProvider.GetRequiredService<PersonalTokens>()
                .MakeAsync(person, Guid.CreateVersion7(), "essai", [new(Grant.Delegate, "ZZ001")], writes: true, 30)
        )!;
        var (id, own) = await scope
            .ServiceProvider.GetRequiredService<NodePrograms>()
            .RegisterAsync("", Guid.CreateVersion7(), "curieux", [], writes: false);
        foreach (var (client, proof) in new[] { ("gateway", "pas le bon"), ("gateway", ""), (id, own), ("", "") })
        {
            var (status, answer) = await AskAsync(
                new()
                {
                    ["grant_type"] = ProgramGrants.Personal,
                    [ProgramGrants.Token] = secret,
                    ["client_id"] = client,
                    ["client_secret"] = proof!,
                }
            );
            Assert.InRange((int)status, 400, 401);
            Assert.Null(answer["access_token"]);
        }
        foreach (var wrong in new[] { "", secret[..^1], ProgramSecret.New(ProgramSecret.Personal), new string('x', 10_000) })
        {
            Assert.Null(await TradedAsync(wrong));
        }
    }

    [Fact]
    public async Task A_steward_registers_a_program_whose_secret_can_change_and_whose_tokens_end_with_it()
    {
        var node = service.Services.GetRequiredService<NodeKey>().Node;
        var steward = await TestAccounts.MakeAsync(
            service,
            TestAccounts.New("gestion-programmes@example.org"),
            new Grant(Grant.Steward, node)
        );
        using var visitor = await Visitor.SignedInAsync(service.Address, "gestion-programmes@example.org");
        // Not in a session without a second factor.
        Assert.Equal(HttpStatusCode.Forbidden, (await visitor.GetAsync("/compte/programmes")).Status);
        await using var scope = service.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IdentityDb>();
        await db
            .Sessions.Where(session => session.Person == steward.Id)
            .ExecuteUpdateAsync(row => row.SetProperty(session => session.Strong, true), Cancellation);

        var wrong = await visitor.SubmitAsync("/compte/programmes", "programme", new() { ["territoires"] = "62528 <script>" });
        Assert.Equal((HttpStatusCode.UnprocessableEntity, 2), (wrong.Status, wrong.Document.QuerySelectorAll(".error-summary li").Length));
        var made = await visitor.SubmitAsync(
            "/compte/programmes",
            "programme",
            new()
            {
                ["nom"] = "Tableau de bord",
                ["territoires"] = " ZZ001  ZZ002",
                ["observe"] = "oui",
                ["usage"] = "lire",
            }
        );
        var (id, secret) = (
            made.Document.QuerySelectorAll("code.key")[0].TextContent,
            made.Document.QuerySelectorAll("code.key")[1].TextContent
        );
        Assert.Matches("^fabs_[0-9a-f]{72}$", secret);

        var (first, bearer, _) = await CredentialsAsync(id, secret);
        Assert.Equal(
            ("delegate:ZZ001 delegate:ZZ002 observer:*", "read", id),
            (Grants(first!), first!.GetPayloadValue<string>("access"), first.Subject)
        );
        Assert.InRange((first.ValidTo - TimeProvider.System.GetUtcNow().UtcDateTime).TotalMinutes, 0, 60);
        Assert.Null((await CredentialsAsync(id, secret[..^1])).Token);
        Assert.Null((await CredentialsAsync("gateway", GatewaySecret)).Token);

        Assert.Equal(StatusCode.OK, await AskAsServiceAsync(bearer));
        var renewed = (await visitor.SubmitAsync("/compte/programmes", $"renouveler-{id}", []))
            .Document.QuerySelectorAll("code.key")[1]
            .TextContent;
        var revocations = service.Services.GetRequiredService<Revocations>();
        Assert.True(revocations.Include(id, 0, first.GetPayloadValue<string>("sid")));
        Assert.Equal(StatusCode.Unauthenticated, await AskAsServiceAsync(bearer));
        Assert.Null((await CredentialsAsync(id, secret)).Token);
        var (second, _, _) = await CredentialsAsync(id, renewed);
        Assert.False(revocations.Include(id, 0, second!.GetPayloadValue<string>("sid")));

        Assert.Contains(
            "Le programme est retiré",
            (await visitor.SubmitAsync("/compte/programmes", $"retirer-{id}", [])).Text,
            StringComparison.Ordinal
        );
        Assert.True(revocations.Include(id, 0, second!.GetPayloadValue<string>("sid")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await CredentialsAsync(id, renewed)).Status);
        Assert.Equal(
            ["program registered", "program secret renewed", "program removed"],
            await db
                .Audit.Where(entry => entry.Subject == id)
                .OrderBy(entry => entry.At)
                .Select(entry => entry.Action)
                .ToListAsync(Cancellation)
        );
    }

    [Fact]
    public async Task Discovery_names_by_their_public_address_the_endpoints_that_there_are()
    {
        using var visitor = new Visitor(service.Address);
        var told = JsonNode.Parse(
            await visitor.Http.GetStringAsync(new Uri("/.well-known/openid-configuration", UriKind.Relative), Cancellation)
        )!;
        const string here = "http://127.0.0.1:8080/";
        Assert.Equal(
            (here, here + "connect/authorize", here + "connect/token", here + "connect/revocation", here + ".well-known/jwks"),
            (
                (string?)told["issuer"],
                (string?)told["authorization_endpoint"],
                (string?)told["token_endpoint"],
                (string?)told["revocation_endpoint"],
                (string?)told["jwks_uri"]
            )
        );
        Assert.Equal(
            ["authorization_code", "client_credentials", "refresh_token", ProgramGrants.Personal],
            told["grant_types_supported"]!.AsArray().Select(grant => (string)grant!).Order()
        );
        Assert.Equal(["S256"], told["code_challenge_methods_supported"]!.AsArray().Select(method => (string)method!));
        Assert.Equal(["code"], told["response_types_supported"]!.AsArray().Select(type => (string)type!));
        Assert.Contains("ES256", told["id_token_signing_alg_values_supported"]!.AsArray().Select(algorithm => (string)algorithm!));
        foreach (
            var endpoint in told.AsObject()
                .Where(entry => entry.Key.EndsWith("_endpoint", StringComparison.Ordinal) || entry.Key == "jwks_uri")
        )
        {
            using var answer = await visitor.Http.GetAsync(
                new Uri(new Uri((string)endpoint.Value!).AbsolutePath, UriKind.Relative),
                Cancellation
            );
            Assert.NotEqual(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_refresh_token_that_is_taken_back_serves_no_more_and_only_its_own_client_takes_it_back()
    {
        await TestAccounts.MakeAsync(service, TestAccounts.New("reprise@example.org"), Referent);
        using var visitor = await Visitor.SignedInAsync(service.Address, "reprise@example.org");
        const string verifier = "0123456789012345678901234567890123456789012";
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        const string back = "http://127.0.0.1:8080/session/retour";
        const string wish =
            $"/connect/authorize?client_id=gateway&response_type=code&scope=openid%20profile%20offline_access&redirect_uri={back}";
        // Without proof of possession of the code there is none.
        Assert.Equal(HttpStatusCode.BadRequest, (await visitor.GetAsync(wish)).Status);
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await visitor.GetAsync($"{wish}&code_challenge={verifier}&code_challenge_method=plain")).Status
        );
        var code = await CodeAsync();
        Dictionary<string, string> gateway = new() { ["client_id"] = "gateway", ["client_secret"] = GatewaySecret };
        var (_, tokens) = await AskAsync(
            new(gateway)
            {
                ["grant_type"] = "authorization_code",
                ["code"] = code,
                ["redirect_uri"] = back,
                ["code_verifier"] = verifier,
            }
        );
        var (access, refresh) = ((string)tokens["access_token"]!, (string)tokens["refresh_token"]!);
        // A code serves once.
        Assert.Equal(
            "invalid_grant",
            (string?)
                (
                    await AskAsync(
                        new(gateway)
                        {
                            ["grant_type"] = "authorization_code",
                            ["code"] = code,
                            ["redirect_uri"] = back,
                            ["code_verifier"] = verifier,
                        }
                    )
                ).Answer["error"]
        );
        (_, tokens) = await AskAsync(
            new(gateway)
            {
                ["grant_type"] = "authorization_code",
                ["code"] = await CodeAsync(),
                ["redirect_uri"] = back,
                ["code_verifier"] = verifier,
            }
        );
        (access, refresh) = ((string)tokens["access_token"]!, (string)tokens["refresh_token"]!);

        await using var scope = service.Services.CreateAsyncScope();
        var (id, secret) = await scope
            .ServiceProvider.GetRequiredService<NodePrograms>()
            .RegisterAsync("", Guid.CreateVersion7(), "curieux", [], writes: false);
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (
                await AskAsync(
                    new()
                    {
                        ["token"] = refresh,
                        ["client_id"] = id,
                        ["client_secret"] = secret!,
                    },
                    "/connect/revocation"
                )
            ).Status
        );
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (
                await AskAsync(
                    new()
                    {
                        ["token"] = refresh,
                        ["client_id"] = "gateway",
                        ["client_secret"] = "x",
                    },
                    "/connect/revocation"
                )
            ).Status
        );
        // An access token ends with its session: the answer does not pretend otherwise.
        Assert.Equal(
            "unsupported_token_type",
            (string?)(await AskAsync(new(gateway) { ["token"] = access }, "/connect/revocation")).Answer["error"]
        );
        Assert.NotNull((await RefreshAsync()).Answer["access_token"]);

        Assert.Equal(HttpStatusCode.OK, (await AskAsync(new(gateway) { ["token"] = refresh }, "/connect/revocation")).Status);
        Assert.Equal("invalid_grant", (string?)(await RefreshAsync()).Answer["error"]);
        // What is no token is none already.
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(new(gateway) { ["token"] = "rien" }, "/connect/revocation")).Status);

        Task<(HttpStatusCode Status, JsonNode Answer)> RefreshAsync() =>
            AskAsync(new(gateway) { ["grant_type"] = "refresh_token", ["refresh_token"] = refresh });

        async Task<string> CodeAsync() =>
            QueryHelpers
                .ParseQuery(
                    (await visitor.GetAsync($"{wish}&code_challenge={challenge}&code_challenge_method=S256"))
                        .Response
                        .Headers
                        .Location!
                        .Query
                )["code"]
                .ToString();
    }

    /// <summary>What a service says to whoever bears this token.</summary>
    private async Task<StatusCode> AskAsServiceAsync(string token)
    {
        try
        {
            await new IdentityService.IdentityServiceClient(service.Channel).ListDelegatesAsync(
                new() { Territory = "ZZ001" },
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

    private async Task<JsonWebToken?> TradedAsync(string secret)
    {
        var (_, answer) = await AskAsync(
            new()
            {
                ["grant_type"] = ProgramGrants.Personal,
                [ProgramGrants.Token] = secret,
                ["client_id"] = "gateway",
                ["client_secret"] = GatewaySecret,
            }
        );
        return answer["access_token"] is { } token ? new JsonWebToken((string)token!) : null;
    }

    private async Task<(JsonWebToken? Token, string Text, HttpStatusCode Status)> CredentialsAsync(string id, string secret)
    {
        var (status, answer) = await AskAsync(
            new()
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = id,
                ["client_secret"] = secret,
            }
        );
        return answer["access_token"] is { } token ? (new JsonWebToken((string)token!), (string)token!, status) : (null, "", status);
    }

    private async Task<(HttpStatusCode Status, JsonNode Answer)> AskAsync(
        Dictionary<string, string> form,
        string endpoint = "/connect/token"
    )
    {
        using var visitor = new Visitor(service.Address);
        using var answer = await visitor.Http.PostAsync(
            new Uri(endpoint, UriKind.Relative),
            new FormUrlEncodedContent(form.Where(field => field.Value.Length > 0)),
            Cancellation
        );
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        return (answer.StatusCode, text.Length > 0 ? JsonNode.Parse(text)! : new JsonObject());
    }

    private static string Grants(JsonWebToken token) =>
        string.Join(' ', token.Claims.Where(claim => claim.Type == Grant.Claim).Select(claim => claim.Value).Order());
}
