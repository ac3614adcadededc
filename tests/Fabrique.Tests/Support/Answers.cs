using System.Text;
using System.Text.Json.Nodes;
using Google.Rpc;
using Grpc.Core;

namespace Fabrique.Tests;

/// <summary>What the services answer, read as a caller would.</summary>
internal static class Answers
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The refusal of a gRPC call.</summary>
    public static async Task<RpcException> RefusedAsync(StatusCode code, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(code, refused.StatusCode);
        return refused;
    }

    /// <summary>The fields that a refusal names.</summary>
    public static IEnumerable<string> Fields(RpcException refused) =>
        refused.GetRpcStatus()?.GetDetail<BadRequest>()?.FieldViolations.Select(violation => violation.Field) ?? [];

    public static string? Reason(RpcException refused) => refused.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason;

    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    /// <summary>The body of a successful answer.</summary>
    public static async Task<JsonNode> JsonAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {text}");
        answer.Dispose();
        return JsonNode.Parse(text)!;
    }

    /// <summary>The problem details of a refused request, which show nothing of the inside.</summary>
    public static async Task<JsonNode> ProblemAsync(HttpResponseMessage answer, int status, string? reason = null, string? field = null)
    {
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(status == (int)answer.StatusCode, $"{answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!;
        Assert.Equal(status, (int?)problem["status"]);
        Assert.NotEmpty((string?)problem["detail"] ?? "");
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        if (reason is not null)
        {
            Assert.Equal(reason, (string?)problem["reason"]);
        }
        if (field is not null)
        {
            Assert.Equal(field, (string?)problem["errors"]?[0]?["field"]);
        }
        answer.Dispose();
        return problem;
    }
}
