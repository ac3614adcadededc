using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Fabrique.Identity;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Person = Fabrique.Identity.Person;

namespace Fabrique.Tests;

/// <summary>A browser without script in front of the pages of accounts: it keeps cookies, fills in forms, and follows nobody.</summary>
public sealed class IdentityVisitor(ServiceUnderTest<IdentityDb> service) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        BaseAddress = service.Address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public HttpClient Http => _http;

    /// <summary>Makes an account with these rights.</summary>
    public static async Task<Person> MakeAsync(ServiceUnderTest<IdentityDb> service, string address, params Grant[] grants)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var person = new Person { Id = Guid.CreateVersion7().ToString(), UserName = address, Email = address, EmailConfirmed = true, Name = "Camille Essai", CreatedAt = now, SeenAt = now };
        Assert.True((await scope.ServiceProvider.GetRequiredService<UserManager<Person>>().CreateAsync(person, Browser.Password)).Succeeded);
        foreach (var grant in grants)
        {
            await scope.ServiceProvider.GetRequiredService<RightsKeeper>().GiveAsync("", person.Id, grant);
        }
        return person;
    }

    /// <summary>A browser in which somebody signed in by password.</summary>
    public static async Task<IdentityVisitor> SignInAsync(ServiceUnderTest<IdentityDb> service, string address)
    {
        var visitor = new IdentityVisitor(service);
        var entered = await visitor.SubmitAsync("/compte/connexion", "connexion", new() { ["courriel"] = address, ["motdepasse"] = Browser.Password, ["voie"] = "motdepasse" });
        Assert.Equal(HttpStatusCode.Redirect, entered.Status);
        return visitor;
    }

    public async Task<PortalPage> GetAsync(string page) => await PageAsync(await _http.GetAsync(new Uri(page, UriKind.Relative), Cancellation));

    /// <summary>Fills in the form of a page that has this name, and sends it.</summary>
    public async Task<PortalPage> SubmitAsync(string page, string form, Dictionary<string, string> typed) => await SubmitAsync(await GetAsync(page), page, form, typed);

    /// <inheritdoc cref="SubmitAsync(string, string, Dictionary{string, string})"/>
    public async Task<PortalPage> SubmitAsync(PortalPage page, string address, string form, Dictionary<string, string> typed)
    {
        var found = page.Document.QuerySelectorAll<IHtmlFormElement>("main form").Single(candidate => candidate.QuerySelector<IHtmlInputElement>("[name=_handler]")?.Value == form);
        var fields = found.QuerySelectorAll<IHtmlInputElement>("input[type=hidden]").ToDictionary(field => field.Name!, field => field.Value);
        foreach (var (name, value) in typed)
        {
            fields[name] = value;
        }
        return await PostAsync(address, fields);
    }

    public async Task<PortalPage> PostAsync(string page, Dictionary<string, string> fields) =>
        await PageAsync(await _http.PostAsync(new Uri(page, UriKind.Relative), new FormUrlEncodedContent(fields), Cancellation));

    public void Dispose() => _http.Dispose();

    private static async Task<PortalPage> PageAsync(HttpResponseMessage response)
    {
        var html = await response.Content.ReadAsStringAsync(Cancellation);
        return new PortalPage(response, html, await new HtmlParser().ParseDocumentAsync(html, Cancellation));
    }
}
