using System.Net;
using Fabrique.Identity.V1;
using Fabrique.Practices.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>People on a whole node, in real browsers, with the mails that the node writes.</summary>
public sealed class SignInTests(NodeWithProConnect node, Browser browser) : IClassFixture<NodeWithProConnect>, IClassFixture<Browser>
{
    private const string Loos = "62528";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_has_the_code_of_the_first_start_looks_after_the_node_with_a_second_factor_and_nobody_after_them()
    {
        var page = await OpenAsync("/compte/installation");
        await FillAsync(page, "cle", "AAAA-BBBB-CCCC-DDDD");
        await TakeAsync();
        await Assertions.Expect(page.Locator(".error-summary")).ToContainTextAsync("Ce code ne convient pas");

        var code = await File.ReadAllTextAsync(Path.Combine(node.Data, "setup-code"), Cancellation);
        await FillAsync(page, "cle", string.Join('-', code.ToLowerInvariant().Chunk(4).Select(part => new string(part))));
        await TakeAsync();
        await Browser.IsAtAsync(page, "/compte/second-facteur");
        var secret = await page.Locator("code.key").InnerTextAsync();
        await FillAsync(page, "code", "000000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Mettre en place" }).ClickAsync();
        await Assertions.Expect(page.Locator(".error-summary")).ToBeVisibleAsync();
        await FillAsync(page, "code", Mailbox.OneTimeCode(secret));
        await page.GetByRole(AriaRole.Button, new() { Name = "Mettre en place" }).ClickAsync();
        Assert.Equal(10, await page.Locator(".codes li").CountAsync());
        var spare = await page.Locator(".codes li").First.InnerTextAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Continuer" }).ClickAsync();

        // The steps of the installation: one is filled in, the others are passed by.
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Le nom et l’adresse du site");
        await FillAsync(page, "nom", "la Fabrique d’essai");
        await page.GetByRole(AriaRole.Button, new() { Name = "Enregistrer" }).ClickAsync();
        await Assertions.Expect(page.Locator(".notice-done")).ToContainTextAsync("C’est enregistré");
        foreach (
            var (link, title) in new[]
            {
                ("Continuer : Qui tient ce site", "Qui tient ce site"),
                ("Continuer : Le serveur de courrier", "Le serveur de courrier"),
                ("Continuer : Premières personnes", "Premières personnes"),
            }
        )
        {
            await page.GetByRole(AriaRole.Link, new() { Name = link }).ClickAsync();
            await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync(title);
        }
        await FillAsync(page, "courriel", "premiere-facilitation@example.org");
        await page.GetByRole(AriaRole.Button, new() { Name = "Envoyer l’invitation" }).ClickAsync();
        Assert.NotEmpty(await Mailbox.LinkAsync(node, "premiere-facilitation@example.org", 1));
        await page.GetByRole(AriaRole.Link, new() { Name = "Terminer" }).ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Gérer cette installation");
        Assert.Contains(
            "fonctionne",
            await page.Locator("section[aria-labelledby=pieces] table").InnerTextAsync(),
            StringComparison.Ordinal
        );
        // Who has the address that was printed reads the mails, and the browser remembers it.
        await page.GotoAsync(await Mailbox.PageAsync(node));
        await page.GotoAsync("/compte/gestion");
        await page.GetByRole(AriaRole.Link, new() { Name = "Les lire" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Gestion Essai vous invite à rejoindre Fabrique" }).First.ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("facilitateur ou facilitatrice du réseau");
        await using (var reading = await browser.NewContextAsync(node.Address, script: true, width: 1280))
        {
            await reading.AddCookiesAsync(
                (await page.Context.CookiesAsync()).Select(cookie => new Microsoft.Playwright.Cookie
                {
                    Name = cookie.Name,
                    Value = cookie.Value,
                    Domain = cookie.Domain,
                    Path = cookie.Path,
                })
            );
            var read = await reading.NewPageAsync();
            foreach (
                var address in new[]
                {
                    "/compte/gestion",
                    "/compte/gestion/site",
                    "/compte/gestion/mentions",
                    "/compte/gestion/courrier",
                    "/compte/gestion/suite",
                    "/compte/journal",
                    new Uri(page.Url).AbsolutePath,
                }
            )
            {
                Assert.Equal(200, (await read.GotoAsync(address))!.Status);
                await read.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
                await PageChecks.AllAsync(read);
            }
        }
        await page.GotoAsync("/compte");
        Assert.Contains("gestionnaire de cette installation", await page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal("la Fabrique d’essai", await page.Locator(".brand-line").InnerTextAsync());
        Assert.False(File.Exists(Path.Combine(node.Data, "setup-code")));
        await page.GotoAsync("/compte/journal");
        Assert.Contains(
            "gestionnaire de cette installation",
            await page.Locator("main .choices-list").InnerTextAsync(),
            StringComparison.Ordinal
        );

        // The password is not enough; a recovery code serves once.
        foreach (var welcome in new[] { true, false })
        {
            var again = await OpenAsync("/compte/connexion");
            await SignInAsync(again, "gestion@example.org", Browser.Password);
            await Browser.IsAtAsync(again, "/compte/verification");
            await FillAsync(again, "code", spare);
            await again.Locator("main form button").ClickAsync();
            await Assertions.Expect(again.Locator("h1")).ToHaveTextAsync(welcome ? "Mon compte" : "Deuxième vérification");
        }

        // The door is shut, with the right code too.
        var late = await OpenAsync("/compte/installation");
        await FillAsync(late, "cle", code);
        await late.Locator("main form button").ClickAsync();
        await Assertions.Expect(late.Locator(".error-summary")).ToContainTextAsync("déjà gérée");

        async Task TakeAsync()
        {
            await FillAsync(page, "nom", "Gestion Essai");
            await FillAsync(page, "courriel", "gestion@example.org");
            await FillAsync(page, "motdepasse", Browser.Password);
            await page.Locator("main form button").ClickAsync();
        }
    }

    [Fact]
    public async Task An_account_begins_with_a_mail_whose_link_serves_once_and_only_when_somebody_says_so()
    {
        var page = await OpenAsync("/pratiques/nouvelle");
        await page.GetByRole(AriaRole.Link, new() { Name = "créez un compte" }).ClickAsync();
        await FillAsync(page, "courriel", "nouvelle@example.org");
        await page.Locator("main form button").ClickAsync();
        var answer = await page.Locator("main").InnerTextAsync();
        var link = await Mailbox.LinkAsync(node, "nouvelle@example.org", 1);

        // A mail scanner opens every link.
        using var scanner = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await scanner.GetAsync(link, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await scanner.GetAsync(link, Cancellation)).StatusCode);

        await page.GotoAsync(link);
        await FillAsync(page, "nom", "  <b>Nouvelle</b>\tArrivante ");
        await FillAsync(page, "motdepasse", "motdepasse12345");
        await page.Locator("main form button").ClickAsync();
        await Assertions.Expect(page.Locator(".error-summary")).ToContainTextAsync("trop facile à deviner");
        await FillAsync(page, "motdepasse", Browser.Password);
        await page.Locator("main form button").ClickAsync();
        // Back where the account was begun from.
        await Browser.IsAtAsync(page, "/pratiques/nouvelle");
        await page.GotoAsync("/compte");
        Assert.Contains("<b>Nouvelle</b> Arrivante", await page.Locator("dl").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Gone, (await scanner.GetAsync(link, Cancellation)).StatusCode);

        // To ask again tells nobody but the owner of the address that there is an account.
        var other = await OpenAsync("/compte/inscription");
        await FillAsync(other, "courriel", "nouvelle@example.org");
        await other.Locator("main form button").ClickAsync();
        Assert.Equal(answer, await other.Locator("main").InnerTextAsync());
        await other.GotoAsync(await Mailbox.LinkAsync(node, "nouvelle@example.org", 2));
        await other.GetByRole(AriaRole.Button, new() { Name = "Entrer" }).ClickAsync();
        await Assertions.Expect(other.Locator("h1")).ToHaveTextAsync("Mon compte");
    }

    [Fact]
    public async Task Nobody_learns_from_the_sign_in_which_accounts_exist_and_five_wrong_passwords_shut_the_door_for_a_while()
    {
        var page = await OpenAsync("/");
        await Browser.AcceptAsync(page, await node.RunAsync("invite", "--mail", "cible@example.org", "--territory", Loos), "Cible");
        var door = await OpenAsync("/compte/connexion");
        var said = new List<string>();
        for (var tries = 0; tries < 6; tries++)
        {
            await SignInAsync(door, "cible@example.org", $"un mauvais mot de passe {tries}");
            said.Add(await door.Locator(".error-summary").InnerTextAsync());
        }
        await SignInAsync(door, "personne@example.org", "un mauvais mot de passe");
        said.Add(await door.Locator(".error-summary").InnerTextAsync());
        await SignInAsync(door, "cible@example.org", Browser.Password);
        said.Add(await door.Locator(".error-summary").InnerTextAsync());
        Assert.Single(said.Distinct());
        // Whoever reads the mail is the person: the lock is for passwords.
        await FillAsync(door, "courriel", "cible@example.org");
        await door.GetByRole(AriaRole.Button, new() { Name = "Recevoir un lien" }).ClickAsync();
        await door.GotoAsync(await Mailbox.LinkAsync(node, "cible@example.org", 1));
        await door.GetByRole(AriaRole.Button, new() { Name = "Entrer" }).ClickAsync();
        await Assertions.Expect(door.Locator("h1")).ToHaveTextAsync("Mon compte");
    }

    [Fact]
    public async Task A_right_that_ends_ends_in_the_open_session_within_seconds()
    {
        var page = await OpenAsync("/");
        await Browser.AcceptAsync(page, await node.RunAsync("invite", "--mail", "partante@example.org", "--territory", Loos), "Partante");
        await page.GotoAsync("/pratiques/nouvelle");
        Assert.Equal(1, await page.Locator("#champ-title").CountAsync());

        using var key = NodeKey.OpenOrCreate(node.Data);
        using var channel = GrpcChannel.ForAddress(node.Running("identity")["address"]!.ToString());
        var identity = new IdentityService.IdentityServiceClient(channel);
        var steward = new Metadata
        {
            {
                "authorization",
                $"Bearer {NodeToken.Issue(key, [new(Grant.Steward, key.Node)], TimeSpan.FromMinutes(5), TimeProvider.System)}"
            },
        };
        var gone = (
            await identity.ListDelegatesAsync(new() { Territory = Loos }, steward, cancellationToken: Cancellation)
        ).Delegates.Single(person => person.Name == "Partante");
        await identity.RemoveGrantAsync(new() { Person = gone.Person, Grant = gone.Grant }, steward, cancellationToken: Cancellation);

        await WholeNode.EventuallyAsync(
            0,
            async () =>
            {
                await page.GotoAsync("/pratiques/nouvelle");
                return await page.Locator("#champ-title").CountAsync();
            },
            TimeSpan.FromSeconds(5)
        );
        Assert.Contains("Accès refusé", await page.Locator("h1").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_a_person_gave_a_token_writes_for_the_town_by_either_port_until_the_token_is_taken_back()
    {
        var page = await OpenAsync("/");
        await Browser.AcceptAsync(page, await node.RunAsync("invite", "--mail", "programme@example.org", "--territory", Loos), "Programme");
        await page.GetByRole(AriaRole.Link, new() { Name = "Jetons pour des programmes" }).ClickAsync();
        await FillAsync(page, "nom", "Site de la ville");
        await page.GetByLabel("Lire et écrire").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Faire le jeton" }).ClickAsync();
        var token = await page.Locator("code.key").InnerTextAsync();

        using var http = new HttpClient { BaseAddress = node.Address, DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
        var written = await Answers.JsonAsync(
            await http.PostAsync(
                "/api/v1/practices",
                Answers.Json($$"""{"territory":"{{Loos}}","title":"Écrit par un programme"}"""),
                Cancellation
            )
        );
        await Answers.ProblemAsync(
            await http.PostAsync("/api/v1/practices", Answers.Json("""{"territory":"62498","title":"Ailleurs"}"""), Cancellation),
            403,
            "NOT_YOUR_TERRITORY"
        );
        using var channel = GrpcChannel.ForAddress(node.GrpcAddress);
        var headers = new Metadata { { "authorization", $"Bearer {token}" } };
        var practices = new PracticeService.PracticeServiceClient(channel);
        Assert.Equal(
            "Écrit par un programme",
            (await practices.GetPracticeAsync(new() { Id = (string)written["id"]! }, headers, cancellationToken: Cancellation))
                .Practice
                .Title
        );

        await page.GotoAsync("/compte/jetons");
        await page.GetByRole(AriaRole.Button, new() { Name = "Retirer Site de la ville" }).ClickAsync();
        await WholeNode.EventuallyAsync(
            (HttpStatusCode.Unauthorized, StatusCode.Unauthenticated),
            async () =>
            {
                using var refused = await http.GetAsync($"/api/v1/practices/{written["id"]}", Cancellation);
                return (
                    refused.StatusCode,
                    await practices
                        .GetPracticeAsync(new() { Id = (string)written["id"]! }, headers, cancellationToken: Cancellation)
                        .ResponseAsync.ContinueWith(
                            call => (call.Exception?.InnerException as RpcException)?.StatusCode ?? StatusCode.OK,
                            Cancellation,
                            TaskContinuationOptions.None,
                            TaskScheduler.Default
                        )
                );
            },
            TimeSpan.FromSeconds(5)
        );
    }

    [Fact]
    public async Task Signing_out_ends_the_session_here_and_signing_out_elsewhere_all_the_others()
    {
        var first = await OpenAsync("/");
        await Browser.AcceptAsync(first, await node.RunAsync("invite", "--mail", "deux@example.org", "--territory", Loos), "Deux");
        var second = await OpenAsync("/compte/connexion");
        await SignInAsync(second, "deux@example.org", Browser.Password);
        await Assertions.Expect(second.Locator("h1")).ToHaveTextAsync("Mon compte");
        var cookies = (await first.Context.CookiesAsync()).Where(cookie => cookie.Name.StartsWith("fabrique-", StringComparison.Ordinal));
        Assert.All(cookies, cookie => Assert.True(cookie.HttpOnly));

        await second.GetByRole(AriaRole.Button, new() { Name = "Me déconnecter partout ailleurs" }).ClickAsync();
        await WholeNode.EventuallyAsync(
            1,
            async () =>
            {
                await first.GotoAsync("/pratiques");
                return await first.GetByRole(AriaRole.Link, new() { Name = "Se connecter" }).CountAsync();
            },
            TimeSpan.FromSeconds(5)
        );

        await second.GetByRole(AriaRole.Button, new() { Name = "Me déconnecter", Exact = true }).ClickAsync();
        await WholeNode.EventuallyAsync(
            1,
            async () =>
            {
                await second.GotoAsync("/pratiques");
                return await second.GetByRole(AriaRole.Link, new() { Name = "Se connecter" }).CountAsync();
            },
            TimeSpan.FromSeconds(5)
        );
    }

    [Fact]
    public async Task A_person_takes_their_data_along_and_erases_the_account_whose_session_ends_everywhere()
    {
        var page = await OpenAsync("/");
        await Browser.AcceptAsync(page, await node.RunAsync("invite", "--mail", "effacable@example.org", "--territory", Loos), "Effaçable");
        await page.GetByRole(AriaRole.Link, new() { Name = "Mes données" }).ClickAsync();
        var download = await page.RunAndWaitForDownloadAsync(() =>
            page.GetByRole(AriaRole.Button, new() { Name = "Télécharger mes données" }).ClickAsync()
        );
        var told = await File.ReadAllTextAsync(await download.PathAsync(), Cancellation);
        Assert.Contains("\"name\": \"Effaçable\"", told, StringComparison.Ordinal);

        await FillAsync(page, "motdepasse", "pas le bon mot de passe");
        await page.GetByRole(AriaRole.Button, new() { Name = "Effacer mon compte" }).ClickAsync();
        await Assertions.Expect(page.Locator(".error-summary")).ToContainTextAsync("Ce mot de passe ne convient pas");
        await FillAsync(page, "motdepasse", Browser.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Effacer mon compte" }).ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Votre compte est effacé");
        await WholeNode.EventuallyAsync(
            1,
            async () =>
            {
                await page.GotoAsync("/pratiques");
                return await page.GetByRole(AriaRole.Link, new() { Name = "Se connecter" }).CountAsync();
            },
            TimeSpan.FromSeconds(5)
        );
        await page.GotoAsync("/compte/connexion");
        await SignInAsync(page, "effacable@example.org", Browser.Password);
        await Assertions.Expect(page.Locator(".error-summary")).ToContainTextAsync("ne convient pas");
    }

    [Fact]
    public async Task A_passkey_of_the_device_opens_the_account_of_a_facilitator_without_password_or_code_until_it_is_removed()
    {
        var page = await OpenAsync("/", script: true);
        var device = await page.Context.NewCDPSessionAsync(page);
        await device.SendAsync("WebAuthn.enable");
        await device.SendAsync(
            "WebAuthn.addVirtualAuthenticator",
            new()
            {
                ["options"] = new
                {
                    protocol = "ctap2",
                    transport = "internal",
                    hasResidentKey = true,
                    hasUserVerification = true,
                    isUserVerified = true,
                    automaticPresenceSimulation = true,
                },
            }
        );
        await page.GotoAsync((await node.RunAsync("invite", "--mail", "cle@example.org", "--role", "facilitator")).Trim());
        await FillAsync(page, "nom", "Clé Essai");
        await FillAsync(page, "motdepasse", Browser.Password);
        await page.Locator("main form button").ClickAsync();

        // A second factor is asked for, and the device is one.
        await page.WaitForURLAsync("**/compte/second-facteur*");
        await LooksRightAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Ajouter une clé d’accès" }).ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Bienvenue");
        await page.GotoAsync("/facilitation/demandes");
        await Assertions.Expect(page.Locator("h1")).Not.ToContainTextAsync("Accès refusé");

        await page.GotoAsync("/compte");
        await page.GetByRole(AriaRole.Button, new() { Name = "Me déconnecter", Exact = true }).ClickAsync();
        await page.GotoAsync("/compte/connexion");
        await page.GetByRole(AriaRole.Button, new() { Name = "Se connecter avec une clé d’accès" }).ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Mon compte");
        await page.GotoAsync("/facilitation/demandes");
        await Assertions.Expect(page.Locator("h1")).Not.ToContainTextAsync("Accès refusé");

        // One more of the same device is refused by it; removed, it opens nothing, though the device still has it.
        await page.GotoAsync("/compte/acces");
        await LooksRightAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Ajouter une clé d’accès" }).ClickAsync();
        await Assertions.Expect(page.Locator("[role=status]")).ToHaveTextAsync("Cet appareil a déjà une clé pour ce compte.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Retirer" }).ClickAsync();
        await Assertions.Expect(page.Locator(".notice-done")).ToContainTextAsync("La clé d’accès est retirée");
        await page.GotoAsync("/compte/connexion");
        await page.GetByRole(AriaRole.Button, new() { Name = "Se connecter avec une clé d’accès" }).ClickAsync();
        await Assertions.Expect(page.Locator(".error-summary")).ToContainTextAsync("n’ouvre aucun compte ici");
    }

    [Fact]
    public async Task An_officer_enters_by_ProConnect_is_offered_her_town_and_signs_out_there_too()
    {
        node.ProConnect.Person = new("agente", "agente@example.org", Siret: "21620528600015");
        var page = await OpenAsync("/compte/connexion", script: true);
        await LooksRightAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "ProConnect" }).ClickAsync();
        await LooksRightAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Recevoir le lien" }).ClickAsync();
        await page.GotoAsync(await Mailbox.LinkAsync(node, "agente@example.org", 1));
        await LooksRightAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Créer mon compte" }).ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Mon compte");
        Assert.Contains("Camille Essai", await page.Locator("dl").InnerTextAsync(), StringComparison.Ordinal);

        await page.GotoAsync("/rejoindre");
        await Assertions.Expect(page.Locator(".notice-title")).ToContainTextAsync("Nous avons reconnu Loos-en-Gohelle");
        await page.GetByRole(AriaRole.Link, new() { Name = "Demander à agir pour ce territoire" }).ClickAsync();
        await Assertions.Expect(page.Locator("main .lead")).ToContainTextAsync("Loos-en-Gohelle");

        await page.GotoAsync("/compte");
        await page.GetByRole(AriaRole.Button, new() { Name = "Me déconnecter", Exact = true }).ClickAsync();
        await page.WaitForURLAsync(new Uri(node.Address, "/").AbsoluteUri);
        Assert.Contains("agente", node.ProConnect.SignedOut);
        Assert.Empty(node.ProConnect.Refusals);
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Se connecter" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_trail_of_rights_is_for_whoever_looks_after_the_node_alone()
    {
        var page = await OpenAsync("/");
        await Browser.AcceptAsync(page, await node.RunAsync("invite", "--mail", "curieuse@example.org", "--territory", Loos), "Curieuse");
        await page.GotoAsync("/compte/journal");
        Assert.Contains("Accès refusé", await page.Locator("h1").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/session/ouvrir?retour=https%3A%2F%2Failleurs.example%2F")]
    [InlineData("/session/fermee?retour=%2F%2Failleurs.example%2F")]
    [InlineData("/session/fermee?retour=%2F%5Cailleurs.example%2F")]
    [InlineData("/connect/authorize?client_id=gateway&response_type=code&redirect_uri=https%3A%2F%2Failleurs.example%2F&scope=openid")]
    public async Task Nobody_is_sent_to_another_site(string address)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = node.Address };
        http.DefaultRequestHeaders.Add("X-Forwarded-Host", "ailleurs.example");
        using var answer = await http.GetAsync(new Uri(address, UriKind.Relative), Cancellation);
        Assert.Equal(node.Address.Host, new Uri(node.Address, answer.Headers.Location ?? node.Address).Host);
    }

    [Fact]
    public async Task The_services_call_for_rights_is_not_open_to_the_outside()
    {
        using var channel = GrpcChannel.ForAddress(node.GrpcAddress);
        var refused = await Assert.ThrowsAsync<RpcException>(() =>
            new IdentityService.IdentityServiceClient(channel)
                .GetDelegationAsync(new() { Territory = Loos }, cancellationToken: Cancellation)
                .ResponseAsync
        );
        Assert.NotEqual(StatusCode.OK, refused.StatusCode);
        using var inside = GrpcChannel.ForAddress(node.Running("identity")["address"]!.ToString());
        using var watch = new IdentityService.IdentityServiceClient(inside).WatchRevocations(new(), cancellationToken: Cancellation);
        Assert.Equal(
            StatusCode.PermissionDenied,
            (await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(Cancellation))).StatusCode
        );
    }

    private async Task<IPage> OpenAsync(string path, bool script = false)
    {
        var context = await browser.NewContextAsync(node.Address, script, width: 1280);
        var page = await context.NewPageAsync();
        await page.GotoAsync(path);
        return page;
    }

    /// <summary>
    /// What the checks of the site look for, on pages that a node without a host name and without providers does not have.
    /// </summary>
    private static async Task LooksRightAsync(IPage page)
    {
        await PageChecks.AxeAsync(page);
        await page.SetViewportSizeAsync(320, 900);
        Assert.True(
            await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"),
            $"{page.Url} is wider than its window"
        );
        await page.SetViewportSizeAsync(1280, 900);
    }

    private static Task FillAsync(IPage page, string field, string value) => page.Locator($"#{field}").FillAsync(value);

    private static async Task SignInAsync(IPage page, string email, string password)
    {
        await FillAsync(page, "courriel", email);
        await FillAsync(page, "motdepasse", password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Se connecter" }).ClickAsync();
    }
}
