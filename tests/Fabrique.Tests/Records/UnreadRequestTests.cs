using System.Net.Http.Headers;
using System.Text;
using Fabrique.Practices;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

/// <summary>A request that cannot be read is refused in the language of the caller, and the refusal says where the fault is.</summary>
public sealed class UnreadRequestTests(ServiceOnSqlite<PracticesDb> service) : IClassFixture<ServiceOnSqlite<PracticesDb>>
{
    private const string Town = "ZZ001";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("pageSize=abc", "pageSize", "Écrivez un nombre entier.", "Write a whole number.")]
    [InlineData("page_size=99999999999", "pageSize", "Écrivez un nombre entier.", "Write a whole number.")]
    [InlineData("pageSize=1&pageSize=2", "pageSize", "Donnez une seule valeur.", "Give a single value.")]
    [InlineData(
        "status=PUBLIE",
        "status",
        "Cette valeur n’existe pas. Choisissez parmi",
        "There is no such value. Choose among: PRACTICE_STATUS_UNSPECIFIED"
    )]
    public async Task A_value_of_the_address(string query, string field, string french, string english)
    {
        await RefusedAsync(() => new(HttpMethod.Get, $"/api/v1/practices?{query}"), field, french, english);
    }

    [Theory]
    [InlineData("""{"title":{"a":1}}""", "title", "Écrivez un texte, entre guillemets.", "Write a text, in quotation marks.")]
    [InlineData("""{"title":"x","themes":"ENER"}""", "themes", "Écrivez une liste, entre crochets.", "Write a list, in square brackets.")]
    [InlineData("""{"title":"x","sdgs":[1,"two"]}""", "sdgs[1]", "Écrivez un nombre entier.", "Write a whole number.")]
    [InlineData("""{"title":"x","means":[]}""", "means", "Écrivez un objet, entre accolades.", "Write an object, in braces.")]
    [InlineData("""{"title":"x","means":{"staffFte":"many"}}""", "means.staffFte", "Écrivez un nombre.", "Write a number.")]
    [InlineData(
        """{"title":"x","figures":[{},{"verified":"yes"}]}""",
        "figures[1].verified",
        "Écrivez true ou false.",
        "Write true or false."
    )]
    [InlineData("""{"title":"x","status":"PUBLIE"}""", "status", "Cette valeur n’existe pas.", "There is no such value.")]
    [InlineData("""{"territory":"ZZ001","title":"x","themes":["NOPE"]}""", "themes", "«", "“NOPE” is not")]
    [InlineData(
        """{"territory":"ZZ001","title":"x","contactRole":"LONG"}""",
        "contactRole",
        "Ce texte est trop long",
        "This text is too long"
    )]
    [InlineData(
        """{"title":"x","record":{"changedAt":"hier"}}""",
        "record.changedAt",
        "Écrivez une date et une heure",
        "Write a date and a time"
    )]
    public async Task A_value_of_the_body(string body, string field, string french, string english)
    {
        await RefusedAsync(() => Post(body.Replace("LONG", new string('x', 301), StringComparison.Ordinal)), field, french, english);
    }

    [Fact]
    public async Task A_body_that_is_no_JSON()
    {
        var problem = await ProblemAsync(await SendAsync(Post("{\n  \"title\": \"x\",\n  oops\n}"), "fr"), 400, "MALFORMED_JSON");
        Assert.EndsWith("ligne 3, octet 3.", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Equal("3", (string?)problem["metadata"]!["line"]);
        problem = await ProblemAsync(await SendAsync(Post(""), "en"), 400, "MALFORMED_JSON");
        Assert.Equal("The JSON is malformed: line 1, byte 1.", (string?)problem["detail"]);
        problem = await ProblemAsync(await SendAsync(Post("[]"), "en"), 400, "MALFORMED_JSON");
        Assert.Equal("Send a JSON object, in braces.", (string?)problem["detail"]);
    }

    [Theory]
    [InlineData("fr", "Envoyez du JSON (application/json), en UTF-8.")]
    [InlineData("en", "Send JSON (application/json), in UTF-8.")]
    public async Task A_body_that_is_not_said_to_be_JSON(string language, string detail)
    {
        foreach (var type in new[] { "text/plain", "application/x-www-form-urlencoded", null })
        {
            var request = Post("""{"title":"x"}""");
            request.Content!.Headers.ContentType = type is null ? null : new MediaTypeHeaderValue(type);
            Assert.Equal(detail, (string?)(await ProblemAsync(await SendAsync(request, language), 415))["detail"]);
        }
    }

    [Theory]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("{\"title\":1}")]
    [InlineData("null")]
    public async Task A_list_longer_than_any_of_the_contract_is_named_and_not_looked_into(string item)
    {
        var body = $$"""{"territory":"ZZ001","title":"x","sources":[{{string.Join(',', Enumerable.Repeat(item, 50_000))}}]}""";
        var problem = await ProblemAsync(await SendAsync(Post(body), "fr"), 400, "INVALID_FIELDS", "sources");
        Assert.True(problem.ToJsonString().Length < 1_000, "the answer is short");
        // Whoever may not write is not read.
        using var http = service.Http();
        await ProblemAsync(
            await http.PostAsync("/api/v1/practices", new StringContent(body, Encoding.UTF8, "application/json"), Cancellation),
            401
        );
    }

    [Fact]
    public async Task Of_many_fields_at_fault_some_are_named_and_the_others_counted()
    {
        var body = $$"""{"territory":"ZZ001","title":"x","sources":[{{string.Join(',', Enumerable.Repeat("1", 1_500))}}]}""";
        var problem = await ProblemAsync(await SendAsync(Post(body), "fr"), 400, "INVALID_FIELDS", "sources[0]");
        Assert.Equal(Refusal.MostFields, problem["errors"]!.AsArray().Count);
        Assert.EndsWith("1480 autres.", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Equal("1480", (string?)problem["metadata"]!["others"]);
        // What was written is repeated no longer than helps.
        problem = await ProblemAsync(
            await SendAsync(Post($$"""{"territory":"ZZ001","title":"x","themes":["{{new string('x', 500_000)}}"]}"""), "fr"),
            400,
            "INVALID_FIELDS",
            "themes[0]"
        );
        Assert.True(problem.ToJsonString().Length < 5_000, "the answer is short");
    }

    [Theory]
    [InlineData("{\"title\":\"\\ud800\"}", "1", "10")]
    [InlineData("{\n\"title\":\"a\\udc00b\"}", "2", "9")]
    public async Task Half_of_a_character_is_no_text(string body, string line, string octet)
    {
        var problem = await ProblemAsync(await SendAsync(Post(body), "fr"), 400, "MALFORMED_JSON");
        Assert.Equal((line, octet), ((string?)problem["metadata"]!["line"], (string?)problem["metadata"]!["byte"]));
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF_8_and_encodings_that_there_are_not()
    {
        var request = Post("");
        request.Content = new ByteArrayContent([.. "{\"title\":\""u8, 0xFF, .. "\"}"u8]);
        request.Content.Headers.ContentType = new("application/json");
        await ProblemAsync(await SendAsync(request, "fr"), 400, "MALFORMED_JSON");
        foreach (var charset in new[] { "bogus", "utf-16", "iso-8859-1" })
        {
            request = Post("{}");
            request.Content!.Headers.ContentType = new("application/json") { CharSet = charset };
            await ProblemAsync(await SendAsync(request, "fr"), 415, "NOT_JSON");
        }
    }

    private static HttpRequestMessage Post(string body) =>
        new(HttpMethod.Post, "/api/v1/practices") { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private async Task RefusedAsync(Func<HttpRequestMessage> request, string field, string french, string english)
    {
        foreach (
            var (language, title, words) in new[]
            {
                ("fr", "Certains champs sont à corriger.", french),
                ("en", "Some fields need correcting.", english),
            }
        )
        {
            var problem = await ProblemAsync(await SendAsync(request(), language), 400, "INVALID_FIELDS", field);
            Assert.Equal(title, (string?)problem["detail"]);
            Assert.StartsWith(words, (string?)problem["errors"]![0]!["message"], StringComparison.Ordinal);
            Assert.Single(problem["errors"]!.AsArray());
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string language)
    {
        using var http = service.Http(service.Token(Town));
        (request.Version, request.VersionPolicy) = (http.DefaultRequestVersion, http.DefaultVersionPolicy);
        request.Headers.AcceptLanguage.ParseAdd(language);
        return await http.SendAsync(request, Cancellation);
    }
}
