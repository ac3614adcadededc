using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;

namespace Fabrique.Tests;

/// <summary>
/// Every form that a page shows, sent back with other values, fields and repeats than it has: a page answers, and nothing breaks.
/// </summary>
public sealed class FuzzedFormsTests : IAsyncLifetime
{
    private const int PerForm = 6;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(25);

    private PortalSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await PortalSite.StartAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task No_form_breaks_whatever_is_sent_with_it()
    {
        var fuzz = new Fuzz();
        var (started, forms, sent) = (TimeProvider.System.GetTimestamp(), new HashSet<string>(), 0);
        foreach (var role in new[] { $"referent:{PortalSite.Loos}", "facilitator:*" })
        {
            foreach (var page in AttackedPortalTests.Pages)
            {
                _site.SignIn(PortalSite.Token(role));
                var shown = await _site.GetAsync(page);
                foreach (var form in shown.Document.QuerySelectorAll<IHtmlFormElement>("main form[method=post]"))
                {
                    if (TimeProvider.System.GetElapsedTime(started) > Longest * Fuzz.Times(1))
                    {
                        break;
                    }
                    forms.Add($"{page} {form.GetAttribute("action")} {form.Id}");
                    for (var time = 0; time < Fuzz.Times(PerForm); time++)
                    {
                        var fields = PortalPage.Fields(form).SelectMany(field => Changed(fuzz, field)).ToList();
                        var answer = await _site.PostAsync(form.GetAttribute("action")!.Split('#')[0], fields, follow: false);
                        sent++;
                        Assert.True(
                            (int)answer.Status < 500 || answer.Status == HttpStatusCode.ServiceUnavailable,
                            $"seed {fuzz.Seed}, {role}, {page}: {string.Join('&', fields.Select(field => $"{field.Key}={field.Value[..Math.Min(field.Value.Length, 60)]}"))}\n{answer.Status}"
                        );
                    }
                }
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{forms.Count} forms, sent {sent} times");
        Assert.True(forms.Count > 5, "there are more forms than that");
    }

    /// <summary>Mostly as it is; the proof always, for without it nothing is read.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Changed(Fuzz fuzz, KeyValuePair<string, string> field)
    {
        if (field.Key is "__RequestVerificationToken" or "_handler")
        {
            return [field];
        }
        return fuzz.Random.Next(8) switch
        {
            0 => [],
            1 => [field, field, new(field.Key, fuzz.Text())],
            2 => [new(field.Key + fuzz.OneOf(["[0]", "[99999999999]", "[-1]", ".x", "[0].x[1]"]), fuzz.Text()), field],
            3 or 4 => [new(field.Key, fuzz.Text())],
            _ => [field],
        };
    }
}
