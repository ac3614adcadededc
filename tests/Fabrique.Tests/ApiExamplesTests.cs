using System.Diagnostics;
using System.Text.Json.Nodes;
using Fabrique.Portal;
using Fabrique.Records;
using Grant = Fabrique.Records.Grant;

namespace Fabrique.Tests;

/// <summary>The examples of the API, typed into a shell as they are shown, on a whole node.</summary>
public sealed class ApiExamplesTests(NodeInMemory node) : IClassFixture<NodeInMemory>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_example_answers_what_is_shown_and_every_answer_is_as_the_document_says()
    {
        using var http = await node.HttpAsync();
        var document = await http.GetStringAsync(ApiDocument.Address, Cancellation);
        var answers = new JsonArray();
        foreach (var example in ApiExample.All)
        {
            var call = ApiCall.All.Single(call => call.Method.Name == example.Call);
            var (status, body) = await TypeAsync(example.Curl(call, node.Address.GetLeftPart(UriPartial.Authority)), TokenFor(call, example));
            Assert.True(status == "200", $"{example.Call}: {status} {body}");
            var lines = call.Method.IsServerStreaming ? body.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [body];
            Assert.NotEmpty(lines);
            Assert.Equal("", Missing(example.Call, example.Answer, JsonNode.Parse(lines[0])));
            foreach (var line in lines)
            {
                answers.Add(new JsonObject
                {
                    ["name"] = example.Call,
                    ["schema"] = $"#/paths/{call.Path.Replace("/", "~1", StringComparison.Ordinal)}/{call.Verb.Method.ToLowerInvariant()}/responses/200/content/application~1json/schema",
                    ["answer"] = JsonNode.Parse(line),
                });
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

    /// <summary>Where the answer is not what the excerpt shows; empty when it holds all of it.</summary>
    private static string Missing(string path, JsonNode? shown, JsonNode? answer) => (shown, answer) switch
    {
        (JsonObject fields, JsonObject all) => string.Concat(fields.Select(field => Missing($"{path}.{field.Key}", field.Value, all[field.Key]))),
        (JsonArray rows, JsonArray all) when rows.Count <= all.Count => string.Concat(rows.Select((row, at) => Missing($"{path}[{at}]", row, all[at]))),
        _ => JsonNode.DeepEquals(shown, answer) ? "" : $"{path} is {answer?.ToJsonString() ?? "absent"}, not {shown?.ToJsonString()}\n",
    };

    private string? TokenFor(ApiCall call, ApiExample example)
    {
        if (call.Role is not { } role)
        {
            return null;
        }
        using var key = NodeKey.OpenOrCreate(node.Data);
        var territory = role == Grant.Steward ? key.Node : example.Call == "UpdateProfile" ? "62528" : "ZZ001";
        return NodeToken.Issue(key, [new Grant(role, territory)], TimeSpan.FromMinutes(5), TimeProvider.System);
    }

    private static async Task<(string Status, string Body)> TypeAsync(string command, string? token)
    {
        var start = new ProcessStartInfo("bash", ["-c", command + " -sS -w '\\n%{http_code}'"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TOKEN"] = token;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        var said = await output;
        Assert.True(process.ExitCode == 0, $"{command}: {await errors}");
        return (said[(said.LastIndexOf('\n') + 1)..], said[..said.LastIndexOf('\n')]);
    }
}
