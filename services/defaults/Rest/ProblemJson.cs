using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fabrique;

/// <summary>
/// The door of the REST API of a service. JSON transcoding answers <c>google.rpc.Status</c>, says in English what it could not read, and
/// the web server answers with an empty body: all become a <see cref="Problem"/>. Whoever has no right to a call is told so before its
/// request is read, and no list is looked into that is longer than any of the contracts.
/// </summary>
internal static partial class ProblemJson
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    public static void UseProblemJson(this IApplicationBuilder app, PathString prefix) =>
        app.UseWhen(context => context.Request.Path.StartsWithSegments(prefix), branch => branch.Use(AnswerAsync));

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var response = context.Response;
        var body = response.Body;
        // What succeeds goes out as it is made; only what is refused is looked at.
        await using var held = new HeldAnswer(body, () => response.StatusCode >= 400 && !IsProblem(response));
        response.Body = held;
        Refusal? refusal = null;
        try
        {
            refusal = await RefusedAsync(context);
            if (refusal is null && response.StatusCode < 400)
            {
                await next(context);
            }
        }
        catch (BadHttpRequestException error) when (!response.HasStarted)
        {
            response.StatusCode = error.StatusCode;
        }
        catch (Exception error) when (!response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            LogFailure(
                context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Fabrique.Api"),
                context.Request.Method,
                error
            );
            response.Clear();
            response.StatusCode = StatusCodes.Status500InternalServerError;
        }
        finally
        {
            response.Body = body;
        }
        if (response.StatusCode < 400 || response.HasStarted || IsProblem(response))
        {
            return;
        }
        if (response.StatusCode == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate =
                context.Request.Headers.Authorization.Count > 0 ? Tokens.Challenge : "Bearer realm=\"fabrique\"";
        }
        await Problem.WriteAsync(context, refusal is null ? ProblemOf(context, held.Held) : Problem.Of(response.StatusCode, refusal));
    }

    private static bool IsProblem(HttpResponse response) =>
        response.ContentType?.StartsWith("application/problem+json", StringComparison.Ordinal) == true;

    /// <summary>Why a request goes no further, in the order in which it costs least; the status alone tells some of it.</summary>
    private static async Task<Refusal?> RefusedAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (UnreadRequest.Call(context) is not { } call)
        {
            return null;
        }
        try
        {
            await Admission.DemandAsync(context, $"{call.MethodDescriptor.Service.FullName}/{call.MethodDescriptor.Name}");
        }
        catch (Refusal refused)
        {
            response.StatusCode = Problem.Status(refused.Code);
            return refused;
        }
        if (request.ContentLength > Limits.MaxRequestBody)
        {
            response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return null;
        }
        if (call.HttpRule.Body.Length == 0)
        {
            // What nobody reads is not waited for.
            request.Body = Stream.Null;
            return null;
        }
        if (!UnreadRequest.IsJson(request))
        {
            response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return null;
        }
        using var read = new MemoryStream();
        await request.Body.CopyToAsync(read, context.RequestAborted);
        var json = read.ToArray().AsMemory();
        json = json.Span.StartsWith(ByteOrderMark) ? json[ByteOrderMark.Length..] : json;
        if (JsonBody.Fault(json.Span) is { } fault)
        {
            response.StatusCode = StatusCodes.Status400BadRequest;
            return fault;
        }
        context.Features.Set(new JsonRead(json));
        request.Body = new MemoryStream(json.ToArray(), writable: false);
        return null;
    }

    private static JsonObject ProblemOf(HttpContext context, ReadOnlySpan<byte> answered)
    {
        var status = context.Response.StatusCode;
        if (Parse(answered) is { } answer && answer["details"] is JsonArray { Count: > 0 } details)
        {
            var problem = Problem.Of(status, detail: (string?)answer["message"]);
            Add(problem, details);
            return problem;
        }
        return status == StatusCodes.Status400BadRequest && UnreadRequest.Name(context) is { } refusal
            ? Problem.Of(status, refusal)
            : Problem.Of(status);
    }

    private static void Add(JsonObject problem, JsonArray details)
    {
        foreach (var detail in details)
        {
            if (detail?["reason"] is { } reason)
            {
                problem["reason"] = (string?)reason;
                if (detail["metadata"] is JsonObject { Count: > 0 } metadata)
                {
                    problem["metadata"] = metadata.DeepClone();
                }
            }
            if (detail?["fieldViolations"] is JsonArray violations)
            {
                problem["errors"] = new JsonArray([
                    .. violations.Select(violation => Problem.Error((string?)violation?["field"], (string?)violation?["description"])),
                ]);
            }
        }
    }

    private static JsonNode? Parse(ReadOnlySpan<byte> answered)
    {
        try
        {
            return answered.IsEmpty ? null : JsonNode.Parse(answered);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(LogLevel.Error, "A {Method} of the API failed")]
    private static partial void LogFailure(ILogger log, string method, Exception error);
}

/// <summary>The JSON of a request, as it was read.</summary>
internal sealed record JsonRead(ReadOnlyMemory<byte> Json);
