using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Fabrique.Portal;
using Fabrique.Practices.V1;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Fabrique.Tests;

/// <summary>The portal on a real port, in front of a small network, visited by a browser without script that keeps cookies.</summary>
public sealed class PortalSite : IAsyncDisposable
{
    public const string Loos = "62528";
    public const string Skatepark = "01a206f5-301a-7946-8136-95a1841d0a2a";

    private readonly WebApplicationFactory<Area> _portal;
    private readonly HttpClient _browser;
    private readonly string _data = Directory.CreateTempSubdirectory("portal-").FullName;

    private readonly PortalNetwork? _network;

    private PortalSite(PortalNetwork network)
        : this(network.HttpAddress, network.Address, "") => _network = network;

    private PortalSite(string http, string grpc, string token)
    {
        _portal = new WebApplicationFactory<Area>().WithWebHostBuilder(web =>
            web.UseEnvironment("Production")
                .UseUrls("http://127.0.0.1:0")
                .UseSetting("Data", _data)
                .UseSetting("DAPR_HTTP_ENDPOINT", http)
                .UseSetting("DAPR_GRPC_ENDPOINT", grpc)
                .UseSetting("DAPR_API_TOKEN", token)
        );
        _portal.UseKestrel(0);
        _portal.StartServer();
        var handler = new SocketsHttpHandler { CookieContainer = Cookies, AllowAutoRedirect = false };
        _browser = new HttpClient(handler)
        {
            BaseAddress = _portal.ClientOptions.BaseAddress,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    /// <summary>The invented network; there is none before the services of a node.</summary>
    public PortalNetwork Network => _network ?? throw new InvalidOperationException("This portal stands before real services.");

    public Uri Address => _portal.ClientOptions.BaseAddress;

    public CookieContainer Cookies { get; } = new();

    public string Keys => Path.Combine(_data, "portal-keys");

    /// <summary>A portal before the services of a node.</summary>
    public static PortalSite Before(NodeInProcess node) => new(node.HttpAddress, node.GrpcAddress, NodeInProcess.TokenOf("portal"));

    /// <summary>A portal, one member territory with a profile and a published practice, and one that has not joined.</summary>
    public static async Task<PortalSite> StartAsync()
    {
        var network = await PortalNetwork.StartAsync();
        network.Territories["R32"] = new()
        {
            Id = "R32",
            Kind = "REG",
            Name = "Hauts-de-France",
        };
        network.Territories["D62"] = new()
        {
            Id = "D62",
            Kind = "DEP",
            Name = "Pas-de-Calais",
        };
        network.Territories["62498"] = Commune("62498", "Lens", 32_500);
        var loos = Commune(Loos, "Loos-en-Gohelle", 6_799);
        (loos.Joined, loos.PracticeCount) = (true, 1);
        loos.Coordinates = new() { Latitude = 50.4579, Longitude = 2.7922 };
        loos.FormerCodes.Add("62999");
        loos.Profile = Profile.Parser.ParseJson(
            await File.ReadAllTextAsync(Path.Combine(Root, "services/territories/Data/profiles/62528.json"))
        );
        loos.Practices.Add(
            new PracticeLink
            {
                Id = Skatepark,
                Title = "Un skatepark",
                Themes = { "PART" },
                Maturity = "EPROUVEE",
            }
        );
        network.Territories[Loos] = loos;
        network.Store(Published(Skatepark, "Un skatepark né d’une pétition"), "published");
        return new PortalSite(network);
    }

    public static Practice Published(string id, string title) =>
        new()
        {
            Id = id,
            Territory = Loos,
            Status = PracticeStatus.Published,
            Language = "fr",
            Title = title,
            Summary = "Une pétition, puis un projet mené ensemble.",
            Themes = { "PART", "TOUR" },
            Principles = { "COOPERER" },
            Maturity = "EPROUVEE",
            Context = "Des jeunes demandaient un lieu.",
            Difficulties = "Le projet a demandé du temps.",
            SuccessConditions = "Un élu qui suit le projet.",
            Figures =
            {
                new Figure
                {
                    Label = "Âge des jeunes",
                    Text = "11 à 14",
                    Unit = "ans",
                    Period = "1999/2009",
                    Source = "L",
                    Qualifier = "ENVIRON",
                },
            },
            Sources =
            {
                new Source
                {
                    Code = "L",
                    Title = "Article de presse",
                    Url = "https://example.org/article",
                    Date = "2016-06",
                },
            },
            Licence = "CC-BY-SA-4.0",
        };

    /// <summary>A token of somebody who writes for Loos-en-Gohelle.</summary>
    public static string Token(string grant = "delegate:" + Loos) => People.Token(grant);

    public async Task<PortalPage> GetAsync(string address) => await PageAsync(await _browser.GetAsync(address));

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _browser.SendAsync(request);

    /// <summary>Presses a button of the page's form, as a browser does: every field goes, and the button.</summary>
    /// <param name="page">The page as it stands, with what was typed into it.</param>
    /// <param name="button">The words on the button.</param>
    /// <param name="follow">Follow the redirection that comes after a success.</param>
    public async Task<PortalPage> PressAsync(PortalPage page, string button, bool follow = true)
    {
        var pressed = page
            .Document.QuerySelectorAll<IHtmlButtonElement>("form[method=post] button")
            .Last(candidate => candidate.TextContent.Trim() == button);
        var fields = PortalPage.Fields(pressed.Form!).ToList();
        if (pressed.Name is { Length: > 0 } name)
        {
            fields.Add(new(name, pressed.Value));
        }

        var action = pressed.GetAttribute("formaction") ?? pressed.Form!.GetAttribute("action")!;
        return await PostAsync(action.Split('#')[0], fields, follow);
    }

    public async Task<PortalPage> PostAsync(string address, IEnumerable<KeyValuePair<string, string>> fields, bool follow = true)
    {
        var response = await _browser.PostAsync(address, new FormUrlEncodedContent(fields));
        return follow && response.StatusCode == HttpStatusCode.Redirect
            ? await GetAsync(response.Headers.Location!.ToString())
            : await PageAsync(response);
    }

    /// <summary>From now on every request bears a token, as those of a session do behind the gateway.</summary>
    public void SignIn(string? token = null) => _browser.DefaultRequestHeaders.Authorization = new("Bearer", token ?? Token());

    public void SignOut() => _browser.DefaultRequestHeaders.Authorization = null;

    public async ValueTask DisposeAsync()
    {
        _browser.Dispose();
        await _portal.DisposeAsync();
        await (_network?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_data, recursive: true);
    }

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Fabrique.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    private static Territory Commune(string code, string name, int population) =>
        new()
        {
            Id = code,
            Kind = "COM",
            Name = name,
            Insee = code,
            Population = population,
            PopulationYear = 2023,
            Department = new() { Code = "62", Name = "Pas-de-Calais" },
            Region = new() { Code = "32", Name = "Hauts-de-France" },
            OfficialSources = { "Insee, code officiel géographique" },
        };

    private static async Task<PortalPage> PageAsync(HttpResponseMessage response)
    {
        var html = await response.Content.ReadAsStringAsync();
        return new PortalPage(response, html, await new HtmlParser().ParseDocumentAsync(html));
    }
}

/// <summary>A page as a browser without script sees it.</summary>
public sealed record PortalPage(HttpResponseMessage Response, string Html, IHtmlDocument Document)
{
    public HttpStatusCode Status => Response.StatusCode;

    public string Title => Document.Title ?? "";

    public string Heading => Document.QuerySelectorAll("h1").Single().TextContent.Trim();

    /// <summary>What is read on the page, spaces made one.</summary>
    public string Text =>
        string.Join(' ', Document.QuerySelector("main")!.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    public IEnumerable<string> Links => Document.QuerySelectorAll("a[href]").Select(link => link.GetAttribute("href")!);

    public string Value(string field) =>
        Document.GetElementsByName(field)[^1] switch
        {
            IHtmlTextAreaElement area => area.Value,
            IHtmlSelectElement choice => choice.Value ?? "",
            IHtmlInputElement input => input.Value,
            _ => "",
        };

    public void Type(string field, string value)
    {
        switch (Document.GetElementsByName(field)[^1])
        {
            case IHtmlTextAreaElement area:
                area.Value = value;
                break;
            case IHtmlSelectElement choice:
                choice.Value = value;
                break;
            case IHtmlInputElement input:
                input.Value = value;
                break;
        }
    }

    public void Tick(string field, string value) =>
        Document.QuerySelectorAll<IHtmlInputElement>($"input[name='{field}'][value='{value}']").Single().IsChecked = true;

    public static IEnumerable<KeyValuePair<string, string>> Fields(IHtmlFormElement form) =>
        from element in form.Elements
        let name = element.GetAttribute("name")
        where !string.IsNullOrEmpty(name)
        let value = element switch
        {
            IHtmlInputElement { Type: "checkbox", IsChecked: false } => null,
            IHtmlInputElement input => input.Value,
            IHtmlTextAreaElement area => area.Value,
            IHtmlSelectElement choice => choice.Value,
            _ => null,
        }
        where value is not null
        select KeyValuePair.Create(name, value);
}
