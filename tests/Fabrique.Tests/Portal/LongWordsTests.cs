using System.Net;
using Fabrique.Practices.V1;
using Fabrique.Territories.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fabrique.Tests;

/// <summary>Whatever people write, a page stays as wide as its screen.</summary>
public sealed class LongWordsTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private static readonly string Word = new('m', 200);

    // What is no text of people: identifiers, codes, dates, addresses of other fields.
    private static readonly HashSet<string> Kept =
    [
        "id",
        "territory",
        "language",
        "themes",
        "situations",
        "principles",
        "axes",
        "axis",
        "maturity",
        "actors",
        "licence",
        "qualifier",
        "kind",
        "family",
        "code",
        "phase",
        "source",
        "sources",
        "practice_id",
        "practice_ids",
        "date",
        "start",
        "end",
        "started_on",
        "ended_on",
        "review_due_on",
        "adapted_from",
        "url",
        "department",
        "region",
        "insee",
        "siren",
        "membership",
    ];

    private PortalSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await PortalSite.StartAsync();

    public async ValueTask DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task One_word_of_two_hundred_letters_in_every_field_makes_no_page_wider_than_a_telephone()
    {
        var practice = _site.Network.Practices[PortalSite.Skatepark];
        practice.Means = new() { Cost = "?", Funding = { "?" } };
        practice.Effects.Add(new Effect { Kind = "UTILE", Text = "?" });
        practice.Place = new() { Name = "?", Department = "62" };
        (practice.Approach, practice.Lessons, practice.FirstStep, practice.NotTransferable, practice.ContactRole) = (
            "?",
            "?",
            "?",
            "?",
            "?"
        );
        Fill(practice);
        var town = _site.Network.Territories[PortalSite.Loos];
        Fill(town);
        Assert.Equal((Word, Word, Word), (practice.Title, town.Name, town.Profile.Milestones[0].Title));

        await using var context = await browser.NewContextAsync(_site.Address, script: true, 320);
        var page = await context.NewPageAsync();
        // A service of a node speaks HTTP/2 without TLS, which no browser does: the test asks in its place.
        using var http = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        await page.RouteAsync("**/*", async route =>
        {
            using var answer = await http.GetAsync(new Uri(route.Request.Url));
            await route.FulfillAsync(
                new()
                {
                    Status = (int)answer.StatusCode,
                    ContentType = $"{answer.Content.Headers.ContentType}",
                    BodyBytes = await answer.Content.ReadAsByteArrayAsync(),
                }
            );
        });
        foreach (
            var address in new[]
            {
                "/",
                "/pratiques",
                "/pratiques?q=" + Word,
                "/pratiques?vue=carte",
                $"/pratiques/{PortalSite.Skatepark}",
                $"/pratiques/{PortalSite.Skatepark}/signaler",
                $"/territoires/{PortalSite.Loos}",
                $"/territoires/{PortalSite.Loos}/trajectoire",
                $"/territoires/{PortalSite.Loos}/methode",
                "/territoires?q=" + Word,
                "/recherche?q=" + Word,
            }
        )
        {
            var answer = await page.GotoAsync(address);
            Assert.True(answer!.Ok, $"{address}: {answer.Status}");
            await PageChecks.NothingIsLostAsync(page);
        }
    }

    /// <summary>Every text of the message, however deep, becomes the word; what is empty and optional stays so.</summary>
    private static void Fill(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var value = field.Accessor.GetValue(message);
            switch (value)
            {
                case string { Length: > 0 } when !Kept.Contains(field.Name):
                    field.Accessor.SetValue(message, Word);
                    break;
                case IMessage below when field.FieldType == FieldType.Message:
                    Fill(below);
                    break;
                case IList<string> texts when !Kept.Contains(field.Name):
                    for (var at = 0; at < texts.Count; at++)
                    {
                        texts[at] = Word;
                    }
                    break;
                case System.Collections.IEnumerable rows when field is { IsRepeated: true, IsMap: false, FieldType: FieldType.Message }:
                    foreach (IMessage row in rows)
                    {
                        Fill(row);
                    }
                    break;
                default:
                    break;
            }
        }
    }
}
