using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Fabrique.Portal.Api;
using static Fabrique.Tests.Answers;

namespace Fabrique.Tests;

/// <summary>The examples of the API, typed into a shell as they are shown, on a whole node.</summary>
public sealed class ApiExamplesTests(NodeWithInventedTowns node) : IClassFixture<NodeWithInventedTowns>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_example_answers_what_is_shown_and_every_answer_is_as_the_document_says()
    {
        await node.JoinAsync("ZZ001");
        using var http = await node.HttpAsync();
        var document = await http.GetStringAsync(ApiDocument.Address, Cancellation);
        var answers = new JsonArray();
        using var key = NodeKey.OpenOrCreate(node.Data);
        foreach (var example in ApiExample.All)
        {
            var call = ApiCall.All.Single(call => call.Method.Name == example.Call);
            var (status, body) = await TypeAsync(
                example.Curl(call, node.Address.GetLeftPart(UriPartial.Authority)),
                TokenFor(key, call, example)
            );
            Assert.True(status == "200", $"{example.Call}: {status} {body}");
            var lines = call.Method.IsServerStreaming ? body.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [body];
            Assert.NotEmpty(lines);
            var missing = Missing(example.Call, example.Answer, JsonNode.Parse(lines[0]));
            Assert.True(missing.Length == 0, missing);
            foreach (var line in lines)
            {
                answers.Add(
                    new JsonObject
                    {
                        ["name"] = example.Call,
                        ["schema"] =
                            $"#/paths/{call.Path.Replace("/", "~1", StringComparison.Ordinal)}/{call.Verb.Method.ToLowerInvariant()}/responses/200/content/application~1json/schema",
                        ["answer"] = JsonNode.Parse(line),
                    }
                );
            }
        }
        Assert.Equal("", await ApiTools.DifferencesAsync(document, answers));

        // A field that the document does not tell, and one of another type, would have been seen.
        answers[0]!["answer"]!["secret"] = 1;
        answers[1]!["answer"]!["population"] = "many";
        var seen = await ApiTools.DifferencesAsync(document, answers);
        Assert.Contains("\"secret\"", seen, StringComparison.Ordinal);
        Assert.Contains("/population must be integer", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_refusal_is_one_that_the_document_tells_and_looks_as_it_says()
    {
        using var nobody = await node.HttpAsync();
        using var elsewhere = await node.HttpAsync("59350");
        using var owner = await node.HttpAsync("35238");
        var document = await nobody.GetStringAsync(ApiDocument.Address, Cancellation);
        const string used = "0199e0a4-7c1e-7d3a-9f5b-2f6d1c7e8a02";
        (
            await owner.PostAsync(
                $"/api/v1/practices?requestId={used}",
                Json("""{"territory":"35238","title":"Une remise"}"""),
                Cancellation
            )
        ).EnsureSuccessStatusCode();
        (HttpClient Who, string Call, string Address, string? Body, int Status)[] refused =
        [
            (nobody, "ListPractices", "/api/v1/practices?pageSize=101", null, 400),
            (nobody, "ListUnansweredSearches", "/api/v1/practices:unanswered", null, 401),
            (nobody, "GetTerritory", "/api/v1/territories/00000", null, 404),
            (nobody, "GetPractice", $"/api/v1/practices/{used}", null, 404),
            (nobody, "CreatePractice", "/api/v1/practices", """{"territory":"ZZ001","title":"Une remise"}""", 401),
            (elsewhere, "CreatePractice", "/api/v1/practices", """{"territory":"ZZ001","title":"Une remise"}""", 403),
            (elsewhere, "CreatePractice", $"/api/v1/practices?requestId={used}", """{"territory":"59350","title":"Une remise"}""", 409),
            (owner, "PublishPractice", $"/api/v1/practices/{used}:publish", """{"version":1}""", 400),
            (owner, "PublishPractice", $"/api/v1/practices/{used}:publish", """{"version":7}""", 409),
            (owner, "WithdrawPractice", $"/api/v1/practices/{used}:withdraw", """{"version":1}""", 400),
        ];
        var answers = new JsonArray();
        foreach (var (who, name, address, body, status) in refused)
        {
            Assert.Contains(status, ApiCall.All.Single(call => call.Method.Name == name).Refusals);
            var problem = await ProblemAsync(
                body is null ? await who.GetAsync(address, Cancellation) : await who.PostAsync(address, Json(body), Cancellation),
                status
            );
            answers.Add(
                new JsonObject
                {
                    ["name"] = $"{name} {status}",
                    ["schema"] = "#/components/schemas/Problem",
                    ["answer"] = problem,
                }
            );
        }
        Assert.Equal("", await ApiTools.DifferencesAsync(document, answers));
    }

    [Fact]
    public async Task Who_has_read_the_list_or_the_description_already_is_told_so()
    {
        using var http = await node.HttpAsync();
        foreach (var address in (string[])["/api/v1/practices?pageSize=2", "/api/v1/territories/map", ApiDocument.Address])
        {
            // While a node starts, or a record changes, an answer is made anew and sent whole.
            await WholeNode.EventuallyAsync(
                HttpStatusCode.NotModified,
                async () =>
                {
                    using var first = await http.GetAsync(address, Cancellation);
                    using var again = await http.SendAsync(
                        new HttpRequestMessage(HttpMethod.Get, address) { Headers = { IfNoneMatch = { first.Headers.ETag! } } },
                        Cancellation
                    );
                    return again.StatusCode;
                },
                TimeSpan.FromSeconds(20)
            );
        }
    }

    /// <summary>Where the answer is not what the excerpt shows; empty when it holds all of it.</summary>
    private static string Missing(string path, JsonNode? shown, JsonNode? answer) =>
        (shown, answer) switch
        {
            (JsonObject fields, JsonObject all) => string.Concat(
                fields.Select(field => Missing($"{path}.{field.Key}", field.Value, all[field.Key]))
            ),
            (JsonArray rows, JsonArray all) when rows.Count <= all.Count => string.Concat(
                rows.Select((row, at) => Missing($"{path}[{at}]", row, all[at]))
            ),
            _ => JsonNode.DeepEquals(shown, answer) ? "" : $"{path} is {answer?.ToJsonString() ?? "absent"}, not {shown?.ToJsonString()}\n",
        };

    private static string? TokenFor(NodeKey key, ApiCall call, ApiExample example)
    {
        if (call.Role is not { } role)
        {
            return null;
        }
        var territory =
            role == Grant.Steward ? key.Node
            : role == Grant.Facilitator ? Grant.Everywhere
            : example.Call == "UpdateProfile" ? "62528"
            : "ZZ001";
        return NodeToken.Issue(key, [new Grant(role, territory)], TimeSpan.FromMinutes(5), TimeProvider.System);
    }

    private static async Task<(string Status, string Body)> TypeAsync(string command, string? token)
    {
        var start = new ProcessStartInfo("bash", ["-c", command + " -sS -w '\\n%{http_code}'"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TOKEN"] = token;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        var said = await output;
        Assert.True(process.ExitCode == 0, $"{command}: {await errors}");
        return (said[(said.LastIndexOf('\n') + 1)..], said[..said.LastIndexOf('\n')]);
    }
}
