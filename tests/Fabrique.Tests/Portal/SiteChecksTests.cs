using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fabrique.Portal.Legal;
using Fabrique.Runner;
using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>
/// What holds on every page of the site: read by everybody, on any screen, for little. What is found here is what the site declares.
/// </summary>
public sealed class SiteChecksTests(NodeInMemory node, Browser browser) : IClassFixture<NodeInMemory>, IClassFixture<Browser>
{
    private const int MostKilobytes = 100;
    private const int MostRequests = 12;

    public static TheoryData<string, bool> Pages => SitePages.All;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_page_of_the_site_is_checked() => Assert.Equal(SitePages.Existing.Order(), SitePages.Routes.Order());

    [Theory, Trait("Declared", "axe"), Trait("Declared", "layout")]
    [MemberData(nameof(Pages))]
    public async Task Axe_finds_nothing_in_either_theme_and_nothing_is_lost_on_a_narrow_screen_with_large_letters_or_wide_spacing(
        string address,
        bool session
    )
    {
        var page = await OpenAsync(address, session, 1280);
        await using var context = page.Context;
        await PageChecks.AllAsync(page);
    }

    [Fact, Trait("Declared", "html")]
    public async Task The_code_of_every_page_is_valid()
    {
        var folder = Directory.CreateTempSubdirectory("pages-");
        await using var context = await browser.NewContextAsync(node.Address, script: false, width: 1280);
        var page = await context.NewPageAsync();
        await Browser.SignInAsync(page, node, "62528");
        foreach (var (address, at) in SitePages.All.Select((row, at) => (row.Data.Item1, at)))
        {
            var answer = await page.GotoAsync(address);
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, $"{at:00}{Regex.Replace(address, "[^a-z]+", "-")}.html"),
                await answer!.TextAsync(),
                Cancellation
            );
        }

        var (code, said) = await CheckerAsync(
            "html-validate",
            "--config",
            Path.Combine(Checkout.Root(), "tests", "html-validate.json"),
            "--formatter",
            "text",
            folder.FullName
        );
        Assert.True(code == 0, said);
        folder.Delete(recursive: true);
    }

    [Fact, Trait("Declared", "links")]
    public async Task No_page_has_a_dead_link_within_the_site()
    {
        var addresses = SitePages.Declared.Append("/en").Select(address => new Uri(node.Address, address).ToString());
        // Every page leads to the same door of sessions, each with its own way back.
        var elsewhere = $"^(?!{Regex.Escape(node.Address.GetLeftPart(UriPartial.Authority))})|/session/ouvrir";
        var (_, said) = await CheckerAsync(
            "linkinator",
            [.. addresses, "--skip", elsewhere, "--format", "json", "--concurrency", "8", "--timeout", "20000"]
        );
        var links = JsonNode.Parse(said[said.IndexOf('{', StringComparison.Ordinal)..])!["links"]!.AsArray();
        Assert.Empty(
            links.Where(link => (string)link!["state"]! == "BROKEN").Select(link => $"{link!["status"]} {link["url"]} on {link["parent"]}")
        );
        Assert.True(links.Count(link => (string)link!["state"]! == "OK") > 100, "the site has more links than that");
    }

    [Fact]
    public async Task Every_page_is_light_and_what_the_site_declares_is_what_was_measured()
    {
        var declared = SiteChecks.Declared;
        var measured = new List<CheckedPage>();
        foreach (var address in SitePages.Declared)
        {
            measured.Add(await MeasureAsync(address, declared.Pages.FirstOrDefault(page => page.Address == address)?.Requests ?? 0));
        }

        var axe = await PageChecks.AxeVersionAsync(await OpenAsync("/", false, 1280));
        var codes = typeof(SiteChecksTests)
            .Assembly.GetTypes()
            .SelectMany(tests => tests.GetMethods())
            .SelectMany(test => test.GetCustomAttributes<TraitAttribute>())
            .Where(trait => trait.Name == "Declared")
            .Select(trait => trait.Value)
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();
        var fresh = Path.Combine(
            Directory.CreateDirectory(Path.Combine(Checkout.Root(), "artifacts", "test-results")).FullName,
            "checks.json"
        );
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().Date);
        await File.WriteAllTextAsync(
            fresh,
            JsonSerializer.Serialize(new SiteChecks(today, axe, codes, measured), Written) + "\n",
            Cancellation
        );

        Assert.Empty(
            measured
                .Where(page => page.Kilobytes > MostKilobytes || page.Requests > MostRequests || page.Grade != "A")
                .Select(page => $"too heavy: {page}")
        );
        var (same, way) = (
            declared.Codes.SequenceEqual(codes) && declared.Axe == axe && Said(declared.Pages).SequenceEqual(Said(measured)),
            $"cp {fresh} services/portal/Legal/checks.json"
        );
        Assert.True(same, $"The site declares something else than what was measured. Once that is wanted: {way}");
        Assert.All(measured.Zip(declared.Pages), pair =>
            Assert.True(Math.Abs(pair.First.Kilobytes - pair.Second.Kilobytes) <= 5, $"{pair.First}, declared {pair.Second}: {way}")
        );
    }

    [Theory]
    [InlineData(0, 0, 0, 100, "A"), InlineData(100, 100, 100, 72, "B"), InlineData(600_000, 5_000, 300_000, 0, "G")]
    public void The_EcoIndex_follows_its_formula(int elements, int requests, double kilobytes, int index, string grade)
    {
        Assert.Equal(index, EcoIndex.Of(elements, requests, kilobytes), tolerance: 0.5);
        Assert.Equal(grade, EcoIndex.Grade(EcoIndex.Of(elements, requests, kilobytes)));
    }

    private static JsonSerializerOptions Written { get; } =
        new(JsonSerializerOptions.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    // A kilobyte more or less is no other declaration.
    private static IEnumerable<(string, int, string)> Said(IEnumerable<CheckedPage> pages) =>
        pages.Select(page => (page.Address, page.Requests, page.Grade));

    /// <param name="address">Of the page.</param>
    /// <param name="expected">How many requests are waited for: on a busy machine the browser asks for the icon long after the
    /// page.</param>
    private async Task<CheckedPage> MeasureAsync(string address, int expected)
    {
        await using var context = await browser.NewContextAsync(node.Address, script: true, width: 1280);
        var page = await context.NewPageAsync();
        var requests = new ConcurrentBag<IRequest>();
        page.RequestFinished += (_, request) => requests.Add(request);
        await page.GotoAsync(address, new() { WaitUntil = WaitUntilState.NetworkIdle });
        for (var watch = Stopwatch.StartNew(); requests.Count < expected && watch.Elapsed < TimeSpan.FromSeconds(10); )
        {
            await Task.Delay(50, Cancellation);
        }

        var bytes = 0;
        foreach (var request in requests)
        {
            Assert.Equal(node.Address.Authority, new Uri(request.Url).Authority);
            var sizes = await request.SizesAsync();
            bytes += sizes.ResponseBodySize + sizes.ResponseHeadersSize;
        }

        var elements = await page.EvaluateAsync<int>("document.querySelectorAll('*').length - document.querySelectorAll('svg *').length");
        var index = EcoIndex.Of(elements, requests.Count, bytes / 1000.0);
        return new CheckedPage(address, (bytes + 999) / 1000, requests.Count, elements, (int)Math.Round(index), EcoIndex.Grade(index));
    }

    private async Task<IPage> OpenAsync(string address, bool session, int width)
    {
        var context = await browser.NewContextAsync(node.Address, script: true, width);
        var page = await context.NewPageAsync();
        if (session)
        {
            await Browser.SignInAsync(page, node, "62528");
        }

        await page.GotoAsync(address);
        return page;
    }

    /// <summary>Runs a program that <c>./fabrique test</c> installs from npm.</summary>
    private static async Task<(int Code, string Said)> CheckerAsync(string name, params string[] arguments)
    {
        var program = Path.Combine(Checkout.Root(), "artifacts", "tools", "npm", "node_modules", ".bin", name);
        Assert.True(File.Exists(program), $"{name} is missing: ./fabrique test installs it");
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var complaints = process.StandardError.ReadToEndAsync(Cancellation);
        var said = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, said.Length > 0 ? said : await complaints);
    }
}
