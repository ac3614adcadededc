using System.Net;
using Fabrique.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Person = Fabrique.Identity.Person;

namespace Fabrique.Tests;

/// <summary>How a new node is taken, and what whoever looks after it sets: by its own people, and by those who would like to be.</summary>
public sealed class NodePagesTests(ServiceOnSqlite<IdentityDb> service) : IClassFixture<ServiceOnSqlite<IdentityDb>>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => service.Services.GetRequiredService<IConfiguration>()["Data"]!;

    [Fact]
    public async Task A_new_node_is_taken_by_one_of_those_who_type_its_code_at_once_and_whoever_guesses_is_stopped()
    {
        await using var fresh = new ServiceOnSqlite<IdentityDb>();
        await fresh.InitializeAsync();
        var data = fresh.Services.GetRequiredService<IConfiguration>()["Data"]!;
        var code = await File.ReadAllTextAsync(Path.Combine(data, "setup-code"), Cancellation);

        // What is wrong beside the code does not use it up.
        using (var hasty = new Visitor(fresh.Address))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TakeAsync(hasty, code, "hative@example.org", "court")).Status);
        }
        var visitors = Enumerable.Range(0, 4).Select(_ => new Visitor(fresh.Address)).ToList();
        var pages = await Task.WhenAll(visitors.Select(visitor => visitor.GetAsync("/compte/installation")));
        var answers = await Task.WhenAll(
            visitors.Select((visitor, at) => PressAsync(visitor, pages[at], code, $"gestion{at}@example.org", Browser.Password))
        );
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Redirect);
        Assert.Contains(
            "/compte/second-facteur?retour=%2Fcompte%2Fgestion%2Fsite",
            answers.Single(answer => answer.Status == HttpStatusCode.Redirect).Response.Headers.Location!.ToString(),
            StringComparison.Ordinal
        );
        Assert.False(File.Exists(Path.Combine(data, "setup-code")));
        await using (var scope = fresh.Services.CreateAsyncScope())
        {
            Assert.Equal(
                1,
                await scope
                    .ServiceProvider.GetRequiredService<IdentityDb>()
                    .Grants.CountAsync(grant => grant.Role == Grant.Steward, Cancellation)
            );
        }

        // Ten tries in a quarter of an hour, the right code among them.
        var last = answers[0];
        for (var tries = 0; tries < 6; tries++)
        {
            last = await TakeAsync(visitors[0], code, "tard@example.org", Browser.Password);
        }
        Assert.Contains("Trop d’essais", last.Text, StringComparison.Ordinal);
        visitors.ForEach(visitor => visitor.Dispose());

        static async Task<PortalPage> TakeAsync(Visitor visitor, string code, string email, string password) =>
            await PressAsync(visitor, await visitor.GetAsync("/compte/installation"), code, email, password);
        static Task<PortalPage> PressAsync(Visitor visitor, PortalPage page, string code, string email, string password) =>
            visitor.PressAsync(
                page,
                "Créer mon compte",
                ("cle", code),
                ("nom", "Gestion Essai"),
                ("courriel", email),
                ("motdepasse", password)
            );
    }

    [Theory]
    [
        InlineData(Grant.Referent, true),
        InlineData(Grant.Facilitator, true),
        InlineData(Grant.Observer, true),
        InlineData(Grant.Steward, false)
    ]
    public async Task The_pages_of_the_node_are_for_its_stewards_in_a_session_with_a_second_factor(string role, bool strong)
    {
        using var visitor = new Visitor(service.Address);
        await EnterAsync(visitor, role, strong);
        foreach (
            var page in new[]
            {
                "/compte/gestion",
                "/compte/gestion/site",
                "/compte/gestion/mentions",
                "/compte/gestion/courrier",
                "/compte/gestion/suite",
                "/compte/journal",
            }
        )
        {
            var denied = await visitor.GetAsync(page);
            Assert.Equal(HttpStatusCode.Forbidden, denied.Status);
            Assert.Empty(denied.Document.QuerySelectorAll("main form"));
        }
        // Not even with a form of somebody who may.
        var own = await visitor.GetAsync("/compte/courriels");
        var proof = own.Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        await visitor.PostAsync(
            "/compte/gestion/site",
            [new("__RequestVerificationToken", proof), new("_handler", "site"), new("nom", "Volé"), new("adresse", "")]
        );
        await visitor.PostAsync(
            "/compte/gestion",
            [
                new("__RequestVerificationToken", proof),
                new("_handler", "gestion"),
                new("_action", "inviter"),
                new("courriel", "complice@example.org"),
            ]
        );
        Assert.DoesNotContain("Volé", NodeSettings.Read(Data).Values);
        await using var scope = service.Services.CreateAsyncScope();
        Assert.False(
            await scope
                .ServiceProvider.GetRequiredService<IdentityDb>()
                .Links.AnyAsync(link => link.Email == "complice@example.org", Cancellation)
        );
    }

    [Theory]
    [InlineData(Grant.Facilitator, true, 1)]
    [InlineData(Grant.Facilitator, false, 0)]
    [InlineData(Grant.Steward, true, 0)]
    public async Task The_header_of_the_account_leads_a_facilitator_to_the_same_places_as_elsewhere(string role, bool strong, int links)
    {
        using var visitor = new Visitor(service.Address);
        await EnterAsync(visitor, role, strong);
        Assert.Equal(
            links,
            (await visitor.GetAsync("/compte")).Document.QuerySelectorAll(".site-header a[href='/facilitation/demandes']").Length
        );
    }

    [Fact]
    public async Task The_name_and_the_legal_notices_are_in_force_at_once_and_the_address_at_the_next_start()
    {
        using var visitor = new Visitor(service.Address);
        await EnterAsync(visitor, Grant.Steward, strong: true);
        var page = await visitor.PressAsync(
            await visitor.GetAsync("/compte/gestion/site"),
            "Enregistrer",
            ("nom", " La Fabrique\tdu Pays <b> "),
            ("adresse", "https://fabrique.example.org/")
        );
        Assert.Contains("./fabrique down", page.Text, StringComparison.Ordinal);
        Assert.Equal(
            "La Fabrique du Pays <b>",
            (await visitor.GetAsync("/compte/connexion")).Document.QuerySelector(".brand-line")!.TextContent
        );
        foreach (
            var wrong in new[]
            {
                "http://fabrique.example.org",
                "https://moi@fabrique.example.org",
                "https://fabrique.example.org/chemin",
                "javascript:alert(1)",
                "ftp://x",
            }
        )
        {
            Assert.Equal(
                HttpStatusCode.UnprocessableEntity,
                (await visitor.PressAsync(await visitor.GetAsync("/compte/gestion/site"), "Enregistrer", ("adresse", wrong))).Status
            );
        }
        await visitor.PressAsync(
            await visitor.GetAsync("/compte/gestion/mentions"),
            "Enregistrer",
            ("editeur", "Commune de Bourg-Exemple"),
            ("contact", "mairie@example.org")
        );
        var settings = NodeSettings.Read(Data);
        Assert.Equal(("https://fabrique.example.org", "Commune de Bourg-Exemple"), (settings["Site:Address"], settings["Legal:Publisher"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Data, NodeSettings.FileName)));
        await visitor.PressAsync(await visitor.GetAsync("/compte/gestion/site"), "Enregistrer", ("nom", ""), ("adresse", ""));
        Assert.DoesNotContain("Site:Name", NodeSettings.Read(Data));
    }

    [Fact]
    public async Task The_mail_server_is_set_and_tried_and_its_password_is_shown_to_nobody_and_told_to_no_other_server()
    {
        const string secret = "phrase secrète @:/%";
        await using var office = new PostOffice(password: secret);
        using var visitor = new Visitor(service.Address);
        var steward = await EnterAsync(visitor, Grant.Steward, strong: true);
        Assert.Contains("Aucun serveur de courrier", (await visitor.GetAsync("/compte/gestion")).Text, StringComparison.Ordinal);
        (string, string)[] typed =
        [
            ("serveur", "127.0.0.1"),
            ("port", $"{office.Port}"),
            ("utilisateur", "fabrique"),
            ("expediteur", "fabrique@example.org"),
        ];
        try
        {
            Assert.Contains(
                "Indiquez le mot de passe",
                (await visitor.PressAsync(await Page(), "Enregistrer", typed)).Text,
                StringComparison.Ordinal
            );
            Assert.Contains(
                "C’est enregistré",
                (await visitor.PressAsync(await Page(), "Enregistrer", [.. typed, ("secret", "faux")])).Text,
                StringComparison.Ordinal
            );
            Assert.Contains(
                "refuse le nom ou le mot de passe",
                (await visitor.PressAsync(await Page(), "M’envoyer un message d’essai")).Text,
                StringComparison.Ordinal
            );
            await visitor.PressAsync(await Page(), "Enregistrer", [.. typed, ("secret", secret)]);
            // Left empty, it stays.
            var saved = await visitor.PressAsync(await Page(), "Enregistrer", typed);
            Assert.Contains(
                "Le serveur a pris le message",
                (await visitor.PressAsync(saved, "M’envoyer un message d’essai")).Text,
                StringComparison.Ordinal
            );
            var mail = Assert.Single(office.Taken, mail => mail.Subject == "Essai du serveur de courrier");
            Assert.Equal(
                (steward.Email, "fabrique@example.org"),
                (mail.To.Mailboxes.Single().Address, mail.From.Mailboxes.Single().Address)
            );

            foreach (var shown in new[] { "/compte/gestion", "/compte/gestion/courrier", "/compte/gestion/site", "/compte/journal" })
            {
                Assert.DoesNotContain("phrase", (await visitor.GetAsync(shown)).Html, StringComparison.Ordinal);
            }
            Assert.Contains(
                "Indiquez le mot de passe",
                (await visitor.PressAsync(await Page(), "Enregistrer", [.. typed, ("serveur", "smtp.ailleurs.example")])).Text,
                StringComparison.Ordinal
            );
            Assert.Contains("127.0.0.1", NodeSettings.Read(Data)["Mail:Server"], StringComparison.Ordinal);
        }
        finally
        {
            await visitor.PressAsync(await Page(), "Enregistrer", ("serveur", ""));
        }
        Assert.DoesNotContain("Mail:Server", NodeSettings.Read(Data));

        Task<PortalPage> Page() => visitor.GetAsync("/compte/gestion/courrier");
    }

    [Fact]
    public async Task The_trail_of_rights_is_told_in_words()
    {
        using var visitor = new Visitor(service.Address);
        var steward = await EnterAsync(visitor, Grant.Steward, strong: true);
        await using var scope = service.Services.CreateAsyncScope();
        var rights = scope.ServiceProvider.GetRequiredService<RightsKeeper>();
        rights.Note(steward.Id, "grant ended", steward.Id, "referent:29019:AGENT");
        rights.Note(steward.Id, "request refused", steward.Id, "29232");
        rights.Note(steward.Id, "token made", steward.Id, ProgramWords.ForTrail("delegate:29019", writes: false));
        rights.Note(
            steward.Id,
            "program registered",
            "",
            $"Site : la ville: {ProgramWords.ForTrail("delegate:29232 observer:*", writes: true)}"
        );
        await scope.ServiceProvider.GetRequiredService<IdentityDb>().SaveChangesAsync(Cancellation);

        var told = (await visitor.GetAsync("/compte/journal"))
            .Document.QuerySelectorAll("main li")
            .Select(entry => entry.TextContent.Replace('\u00a0', ' ').Replace('\u202f', ' '))
            .ToList();
        Assert.All(
            [
                "demande refusée – 29232",
                "programme inscrit – Site : la ville: le territoire 29232, les chiffres d’ensemble du réseau ; lit et écrit",
                "jeton fait – le territoire 29019 ; lit seulement",
                "droit retiré – référent·e du territoire 29019 – agente ou agent territorial",
            ],
            words =>
                Assert.Single(told, entry =>
                    entry.StartsWith(words, StringComparison.Ordinal) && entry.Contains($"par {steward.Name}", StringComparison.Ordinal)
                )
        );
        Assert.DoesNotContain(told, entry =>
            entry.Contains("delegate:", StringComparison.Ordinal) || entry.Contains("(read)", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Stewards_are_invited_and_removed_and_the_last_one_stays()
    {
        await using var fresh = new ServiceOnSqlite<IdentityDb>();
        await fresh.InitializeAsync();
        using var visitor = new Visitor(fresh.Address);
        var first = await EnterAsync(visitor, Grant.Steward, strong: true, fresh);
        var page = await visitor.GetAsync("/compte/gestion");
        Assert.DoesNotContain(page.Document.QuerySelectorAll("button"), button =>
            button.TextContent.Contains("Retirer", StringComparison.Ordinal)
            || button.TextContent.Contains("Ne plus gérer", StringComparison.Ordinal)
        );
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await visitor.PressAsync(page, "Envoyer l’invitation", ("courriel", "pas une adresse"))).Status
        );
        page = await visitor.PressAsync(
            await visitor.GetAsync("/compte/gestion"),
            "Envoyer l’invitation",
            ("courriel", "releve@example.org")
        );
        Assert.Contains("L’invitation est partie", page.Text, StringComparison.Ordinal);
        page = await visitor.PressAsync(page, "Annuler l’invitation de releve@example.org");
        Assert.Contains("L’invitation est annulée", page.Text, StringComparison.Ordinal);

        using var other = new Visitor(fresh.Address);
        var second = await EnterAsync(other, Grant.Steward, strong: true, fresh);
        // Each removes the other at the same moment.
        var pages = await Task.WhenAll(visitor.GetAsync("/compte/gestion"), other.GetAsync("/compte/gestion"));
        await Task.WhenAll(visitor.PressAsync(pages[0], $"Retirer {second.Name}"), other.PressAsync(pages[1], $"Retirer {first.Name}"));
        await using var scope = fresh.Services.CreateAsyncScope();
        Assert.Equal(
            1,
            await scope
                .ServiceProvider.GetRequiredService<IdentityDb>()
                .Grants.CountAsync(grant => grant.Role == Grant.Steward, Cancellation)
        );
    }

    [Fact]
    public async Task The_mailbox_of_a_node_without_a_server_is_read_from_this_machine_alone_as_text()
    {
        var id = Guid.CreateVersion7().ToString();
        await File.WriteAllTextAsync(
            Path.Combine(service.Services.GetRequiredService<MailSender>().Mailbox!.FullName, $"{id}.eml"),
            "From: a@example.org\r\nTo: b@example.org\r\nSubject: <img src=x> essai\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n<script>alert(1)</script>\n\nhttp://127.0.0.1:8080/compte/lien/abc\n\njavascript:alert(1)\n",
            Cancellation
        );
        var page = $"/compte/boite/{id}";
        var opened = "/compte/boite?cle=" + await File.ReadAllTextAsync(Path.Combine(Data, "mailbox-key"), Cancellation);
        using (var here = new Visitor(service.Address))
        {
            here.Http.DefaultRequestHeaders.Host = "127.0.0.1:8080";
            // Another user of this machine does not have the key, and is told of no mailbox.
            Assert.Equal(HttpStatusCode.NotFound, (await here.GetAsync("/compte/boite")).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await here.GetAsync("/compte/boite?cle=" + new string('0', 32))).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await here.GetAsync(page)).Status);
            Assert.Contains("<img src=x> essai", (await here.GetAsync(opened)).Text, StringComparison.Ordinal);
            var mail = await here.GetAsync(page);
            Assert.Contains("<script>alert(1)</script>", mail.Text, StringComparison.Ordinal);
            Assert.Empty(mail.Document.QuerySelectorAll("main script, main img"));
            Assert.Equal(
                "http://127.0.0.1:8080/compte/lien/abc",
                Assert.Single(mail.Document.QuerySelectorAll("main p a")).GetAttribute("href")
            );
            foreach (var none in new[] { "/compte/boite/..%2F..%2Fnode", "/compte/boite/" + Guid.CreateVersion7() })
            {
                Assert.Equal(HttpStatusCode.NotFound, (await here.GetAsync(none)).Status);
            }
        }
        (string Header, string Value)[][] elsewhere =
        [
            [("Host", "fabrique.example.org")],
            [("Host", "127.0.0.1:8080"), ("X-Forwarded-For", "203.0.113.9")],
            [("Host", "127.0.0.1:8080"), ("X-Forwarded-For", "127.0.0.1, 203.0.113.9")],
            [("Host", "127.0.0.1:8080"), ("X-Forwarded-For", "203.0.113.9, 127.0.0.1")],
            [("Host", "127.0.0.1:8080"), ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Host", "fabrique.example.org")],
            [("Host", "127.0.0.1:8080"), ("Via", "1.1 proxy")],
            [("Host", "127.0.0.1:8080"), ("Forwarded", "for=127.0.0.1")],
            [("Host", "fabrique.example.org"), ("Forwarded", "for=127.0.0.1;host=127.0.0.1:8080")],
        ];
        foreach (var headers in elsewhere)
        {
            using var visitor = new Visitor(service.Address);
            foreach (var (header, value) in headers)
            {
                visitor.Http.DefaultRequestHeaders.TryAddWithoutValidation(header, value);
            }
            Assert.Equal(
                (HttpStatusCode.NotFound, HttpStatusCode.NotFound),
                ((await visitor.GetAsync(opened)).Status, (await visitor.GetAsync(page)).Status)
            );
            Assert.DoesNotContain(
                "/compte/boite",
                (
                    await visitor.PressAsync(
                        await visitor.GetAsync("/compte/inscription"),
                        "Recevoir le lien",
                        ("courriel", "quelquun@example.org")
                    )
                ).Html,
                StringComparison.Ordinal
            );
        }

        // A server takes them from now on: there is no box any more.
        Set("smtp://127.0.0.1:1");
        try
        {
            using var here = new Visitor(service.Address);
            here.Http.DefaultRequestHeaders.Host = "127.0.0.1:8080";
            Assert.Equal(HttpStatusCode.NotFound, (await here.GetAsync(page)).Status);
        }
        finally
        {
            Set("");
        }

        // As its page does: set in the configuration itself it would overrule the page from then on.
        void Set(string server)
        {
            NodeSettings.Save(Data, new Dictionary<string, string> { ["Mail:Server"] = server });
            service.Services.GetRequiredService<IConfiguration>().ReloadNodeSettings();
        }
    }

    /// <summary>Makes an account with a right, and signs in.</summary>
    private async Task<Person> EnterAsync(Visitor visitor, string role, bool strong, ServiceUnderTest<IdentityDb>? where = null)
    {
        await using var scope = (where ?? service).Services.CreateAsyncScope();
        var place =
            role == Grant.Steward ? scope.ServiceProvider.GetRequiredService<NodeKey>().Node
            : role == Grant.Referent ? "ZZ001"
            : Grant.Everywhere;
        var person = await TestAccounts.MakeAsync(scope, TestAccounts.New(), new Grant(role, place, role == Grant.Referent ? "AGENT" : ""));
        await visitor.SignInAsync(person.Email!);
        await scope
            .ServiceProvider.GetRequiredService<IdentityDb>()
            .Sessions.Where(session => session.Person == person.Id)
            .ExecuteUpdateAsync(row => row.SetProperty(session => session.Strong, strong), Cancellation);
        return person;
    }
}
