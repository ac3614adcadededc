using System.Net;
using System.Text.Json.Nodes;
using Fabrique.Portal.Api;
using Google.Protobuf.Reflection;

namespace Fabrique.Tests;

/// <summary>The description of the API, as the site gives it.</summary>
public sealed class ApiDocumentTests : IAsyncLifetime
{
    private PortalSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await PortalSite.StartAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task A_linter_that_is_not_ours_finds_nothing_to_say()
    {
        var document = await DocumentAsync();
        Assert.Equal("3.1", ((string)document["openapi"]!)[..3]);
        var said = await ApiTools.LintAsync(document.ToJsonString());
        Assert.True(said.Length == 0, said);

        document["paths"]!["/api/v1/practices/{id}"]!["get"]!["parameters"]![0]!["name"] = "identifier";
        Assert.Contains("path-parameters-defined", await ApiTools.LintAsync(document.ToJsonString()), StringComparison.Ordinal);
    }

    [Fact]
    public void No_two_contracts_of_the_api_have_a_message_of_the_same_name()
    {
        // The document calls an object by the name of its message alone: one would stand for the other.
        var packages = ApiCall.All.Select(call => call.Method.File.Package).Append("fabrique.records.v1").ToHashSet();
        var names = ContractFiles
            .All.Where(file => packages.Contains(file.Package))
            .SelectMany(file => file.MessageTypes.Select(message => message.Name).Concat(file.EnumTypes.Select(type => type.Name)))
            .ToList();
        Assert.Contains("Practice", names);
        Assert.Distinct(names);
    }

    [Fact]
    public async Task Every_call_is_described_in_the_words_of_its_contract_and_shown_by_an_example()
    {
        var operations = Operations(await DocumentAsync()).ToList();
        Assert.True(operations.Count >= 15);
        Assert.Equal(
            ApiCall.All.Select(call => call.Id).Order(),
            operations.Select(operation => (string?)operation["operationId"]).Order()
        );
        Assert.All(operations, operation =>
            Assert.True(operation["description"] is not null && operation["x-codeSamples"] is not null, (string?)operation["operationId"])
        );
        Assert.Equal(ApiExample.All.Select(example => example.Call).Order(), ApiCall.All.Select(call => call.Method.Name).Order());
    }

    [Fact]
    public async Task Nothing_but_a_report_is_written_without_a_token_and_everything_is_read_without_one_but_what_stewards_and_delegates_see()
    {
        var document = await DocumentAsync();
        var open = Operations(document)
            .Where(operation => operation["security"]!.AsArray().Any(way => way!.AsObject().Count == 0))
            .Select(operation => (string)operation["operationId"]!);
        Assert.Equal(
            ApiCall
                .All.Where(call => call.Verb == HttpMethod.Get)
                .Select(call => call.Id)
                .Except(["listUnansweredSearches", "listPracticeComments", "listPracticeReports"])
                .Append("reportPractice")
                .Order(),
            open.Order()
        );
        Assert.Equal(
            ["400", "401", "403", "404", "409", "413", "415", "429", "503"],
            document["paths"]!["/api/v1/practices/{id}:withdraw"]!["post"]!["responses"]!
                .AsObject()
                .Select(response => response.Key)
                .Except(["200"])
                .Order()
        );
    }

    [Fact]
    public async Task The_comments_of_the_contract_are_the_descriptions()
    {
        var practice = (await DocumentAsync())["components"]!["schemas"]!["Practice"]!;
        Assert.StartsWith("An action that a territory documents", (string?)practice["description"], StringComparison.Ordinal);
        Assert.Equal("At most 120 characters. Mandatory from the first draft.", (string?)practice["properties"]!["title"]!["description"]);
        Assert.True((bool?)practice["properties"]!["record"]!["readOnly"]);
        Assert.Contains("PART", practice["properties"]!["themes"]!["items"]!["examples"]!.AsArray().Select(code => (string?)code));
    }

    [Fact]
    public void No_field_or_value_that_a_call_takes_or_answers_is_without_a_comment()
    {
        var messages = new HashSet<MessageDescriptor>();
        var ahead = new Stack<MessageDescriptor>(ApiCall.All.SelectMany(call => new[] { call.Method.InputType, call.Method.OutputType }));
        while (ahead.TryPop(out var message))
        {
            if (message.File.Package.StartsWith("fabrique.", StringComparison.Ordinal) && messages.Add(message))
            {
                message
                    .Fields.InDeclarationOrder()
                    .Where(field => field.FieldType == FieldType.Message)
                    .ToList()
                    .ForEach(field => ahead.Push(field.MessageType));
            }
        }

        var fields = messages.SelectMany(message => message.Fields.InDeclarationOrder()).ToList();
        var values = fields.Where(field => field.FieldType == FieldType.Enum).SelectMany(field => field.EnumType.Values).Distinct();
        var bare = fields
            .Cast<DescriptorBase>()
            .Concat(values)
            .Where(declared => declared.Comment().Length == 0)
            .Select(declared => declared.FullName)
            .ToList();
        Assert.True(fields.Count > 150 && bare.Count == 0, string.Join("\n", bare));
    }

    private async Task<JsonNode> DocumentAsync()
    {
        var page = await _site.GetAsync(ApiDocument.Address);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Equal("application/vnd.oai.openapi+json", page.Response.Content.Headers.ContentType?.MediaType);
        return JsonNode.Parse(page.Html)!;
    }

    private static IEnumerable<JsonNode> Operations(JsonNode document) =>
        document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(operation => operation.Value!);
}
