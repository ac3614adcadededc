using System.Net;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Fabrique.Portal.Memberships;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Tests;

/// <summary>The forms of the site, sent by somebody else than the page that shows them, or full of what nobody should write.</summary>
public sealed class AttackedPortalTests : IAsyncLifetime
{
    internal static readonly string[] Pages =
    [
        "/pratiques/nouvelle",
        $"/pratiques/{PortalSite.Skatepark}/modifier",
        $"/pratiques/{PortalSite.Skatepark}/retirer",
        $"/pratiques/{PortalSite.Skatepark}/signaler",
        $"/pratiques/{PortalSite.Skatepark}",
        "/mon-territoire",
        "/mon-territoire/charte?territoire=62528",
        "/mon-territoire/quitter?territoire=62528",
        "/rejoindre?territoire=62498",
        "/facilitation/demandes",
        "/facilitation/territoires/62528",
        "/facilitation/cohortes",
    ];

    private static readonly Regex Parameter = new(@"\{[^}]*\}");

    private PortalSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await PortalSite.StartAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Every_form_needs_the_proof_of_the_same_browser_and_the_same_person()
    {
        // Whoever attacks has the page too, in a browser of their own.
        await using var theirs = await PortalSite.StartAsync();
        theirs.SignIn();
        var foreign = Proof((await theirs.GetAsync("/pratiques/nouvelle")).Document);
        _site.SignIn(PortalSite.Token("referent:62498"));
        var somebodyElses = Proof((await _site.GetAsync("/pratiques/nouvelle")).Document);
        var forms = 0;
        foreach (var role in new[] { $"referent:{PortalSite.Loos}", "facilitator:*" })
        {
            _site.SignIn(PortalSite.Token(role));
            foreach (var page in Pages)
            {
                foreach (var form in (await _site.GetAsync(page)).Document.QuerySelectorAll<IHtmlFormElement>("main form[method=post]"))
                {
                    forms++;
                    var fields = PortalPage.Fields(form).Where(field => field.Key != "__RequestVerificationToken").ToList();
                    Assert.NotEmpty(Proof(form));
                    var (action, writes) = (form.GetAttribute("action")!.Split('#')[0], _site.Network.Writes);
                    foreach (var proof in new[] { "", "x", foreign, somebodyElses })
                    {
                        Assert.Equal(
                            (page, HttpStatusCode.BadRequest),
                            (
                                page,
                                (
                                    await _site.PostAsync(
                                        action,
                                        proof.Length == 0 ? fields : [.. fields, new("__RequestVerificationToken", proof)]
                                    )
                                ).Status
                            )
                        );
                    }
                    Assert.Equal(writes, _site.Network.Writes);
                }
            }
        }
        Assert.InRange(forms, 6, 60);
    }

    [Fact]
    public async Task No_page_breaks_for_who_has_no_session()
    {
        var pages = typeof(MyTerritoryPage)
            .Assembly.GetTypes()
            .SelectMany(type => type.GetCustomAttributes<RouteAttribute>())
            .Select(route => Parameter.Replace(route.Template, PortalSite.Loos))
            .Distinct()
            .ToList();
        Assert.Contains("/mon-territoire", pages);
        foreach (var page in pages)
        {
            Assert.NotEqual((page, HttpStatusCode.InternalServerError), (page, (await _site.GetAsync(page)).Status));
        }
    }

    public static TheoryData<string, byte[]> Malformed =>
        new(
            ("application/x-www-form-urlencoded", "title=%FF%FE&_handler=%C3%28"u8.ToArray()),
            ("application/x-www-form-urlencoded", "title=a%00b"u8.ToArray()),
            (
                "application/x-www-form-urlencoded",
                Encoding.ASCII.GetBytes(string.Join('&', Enumerable.Range(0, 5_000).Select(number => $"f{number}=x")))
            ),
            ("application/x-www-form-urlencoded", Encoding.ASCII.GetBytes($"{new string('k', 5_000)}=x")),
            ("application/x-www-form-urlencoded", Encoding.ASCII.GetBytes($"title={new string('x', 2 << 20)}")),
            ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhalf"u8.ToArray()),
            ("multipart/form-data", "no boundary"u8.ToArray()),
            ("application/json", Encoding.ASCII.GetBytes(new string('[', 100_000)))
        );

    [Theory, MemberData(nameof(Malformed))]
    public async Task A_form_that_cannot_be_read_is_refused_as_a_page_and_writes_nothing(string type, byte[] body)
    {
        _site.SignIn();
        foreach (var page in new[] { "/pratiques/nouvelle", $"/pratiques/{PortalSite.Skatepark}/signaler", "/mon-territoire" })
        {
            var writes = _site.Network.Writes;
            using var request = new HttpRequestMessage(HttpMethod.Post, page)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(body),
            };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            using var answer = await _site.SendAsync(request);
            Assert.InRange((int)answer.StatusCode, 400, 499);
            Assert.DoesNotContain(
                "   at ",
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                StringComparison.Ordinal
            );
            Assert.Equal(writes, _site.Network.Writes);
        }
    }

    [Fact]
    public async Task Mark_up_that_somebody_typed_is_text_in_pages_feeds_tables_and_linked_data()
    {
        const string evil = "</script><script>alert(1)</script>\"><img src=x onerror=alert(1)>";
        const string id = "01a206f5-301a-7946-8136-95a1841d0a2c";
        var practice = PortalSite.Published(id, evil);
        (practice.Summary, practice.Context, practice.Difficulties, practice.SuccessConditions, practice.ContactRole, practice.FirstStep) =
            (evil, evil, evil, evil, evil, evil);
        practice.Sources[0].Title = evil;
        practice.Sources[0].Url = "javascript:alert(1)";
        practice.Figures[0].Label = evil;
        _site.Network.Store(practice, "published");
        _site.Network.Territories[PortalSite.Loos].Profile.Introduction = evil;

        foreach (
            var page in new[]
            {
                $"/pratiques/{id}",
                "/pratiques",
                $"/pratiques/{id}/versions",
                "/territoires/62528-loos-en-gohelle",
                $"/pratiques/{id}/signaler",
                "/",
            }
        )
        {
            var read = await _site.GetAsync(page);
            Assert.Equal(HttpStatusCode.OK, read.Status);
            Assert.Empty(
                read.Document.QuerySelectorAll(
                    "main script:not([type='application/ld+json']), img[onerror], [onerror], a[href^='javascript:']"
                )
            );
            Assert.All(read.Document.QuerySelectorAll("script"), script =>
                Assert.DoesNotContain(
                    "alert(1)</script>",
                    script.OuterHtml.Replace("\\u003C", "<", StringComparison.Ordinal)[..^9],
                    StringComparison.Ordinal
                )
            );
        }
        var feed = await _site.GetAsync("/pratiques.atom");
        Assert.DoesNotContain("<script", feed.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", feed.Html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("=1+1"), InlineData("+1"), InlineData("-1"), InlineData("@SUM(A1)"), InlineData("\t=1+1"), InlineData("\r=1+1")]
    public async Task No_text_is_a_formula_in_a_table_for_people(string formula)
    {
        const string id = "01a206f5-301a-7946-8136-95a1841d0a2d";
        var practice = PortalSite.Published(id, formula + " titre");
        (practice.Summary, practice.Context) = (formula + " résumé", formula + " contexte");
        _site.Network.Store(practice, "published");
        var table = (await _site.GetAsync("/pratiques.tableur.csv")).Html;
        foreach (var word in new[] { " titre", " résumé", " contexte" })
        {
            Assert.Contains(word, table, StringComparison.Ordinal);
            Assert.DoesNotContain(";" + formula + word, table, StringComparison.Ordinal);
            Assert.DoesNotContain(";\"" + formula + word, table, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("X-Forwarded-Host", "evil.example")]
    [InlineData("X-Forwarded-Proto", "javascript")]
    [InlineData("X-Forwarded-Prefix", "//evil.example")]
    [InlineData("Forwarded", "host=evil.example;proto=https")]
    [InlineData("X-Original-URL", "/facilitation/demandes")]
    [InlineData("X-Rewrite-URL", "/facilitation/demandes")]
    [InlineData("X-HTTP-Method-Override", "DELETE")]
    public async Task No_header_changes_which_page_is_shown_or_where_its_forms_and_redirects_lead(string header, string value)
    {
        _site.SignIn();
        foreach (var page in new[] { "/pratiques/nouvelle", "/territoires/62528", "/brouillons" })
        {
            var (plain, spoofed) = (await SendAsync(page, null, ""), await SendAsync(page, header, value));
            Assert.Equal(plain.Status, spoofed.Status);
            Assert.DoesNotContain("evil.example", spoofed.Location, StringComparison.Ordinal);
            Assert.DoesNotContain("javascript", spoofed.Location, StringComparison.Ordinal);
            Assert.Equal(plain.Heading, spoofed.Heading);
            Assert.All(spoofed.Actions, action =>
                Assert.True(action.StartsWith('/') && !action.StartsWith("//", StringComparison.Ordinal), action)
            );
        }

        async Task<(HttpStatusCode Status, string Location, string Heading, List<string> Actions)> SendAsync(
            string page,
            string? name,
            string worth
        )
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, page)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            if (name is not null)
            {
                request.Headers.TryAddWithoutValidation(name, worth);
            }
            using var answer = await _site.SendAsync(request);
            var read = await new HtmlParser().ParseDocumentAsync(
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                TestContext.Current.CancellationToken
            );
            var location = answer.Headers.Location?.ToString() ?? "";
            return (
                answer.StatusCode,
                location.StartsWith("http://127.0.0.1", StringComparison.Ordinal) ? "" : location,
                read.QuerySelector("h1")?.TextContent ?? "",
                [.. read.QuerySelectorAll("form").Select(form => form.GetAttribute("action") ?? "/")]
            );
        }
    }

    private static string Proof(IParentNode within) =>
        within.QuerySelector<IHtmlInputElement>("input[name=__RequestVerificationToken]")?.Value ?? "";
}
