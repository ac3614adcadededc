using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fabrique.Practices;
using Fabrique.Territories;
using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Fabrique.Tests;

public sealed class FuzzedPracticesTests(ServiceOnSqlite<PracticesDb> service)
    : ApiFuzz<PracticesDb>(service, "practices"),
        IClassFixture<ServiceOnSqlite<PracticesDb>>;

public sealed class FuzzedTerritoriesTests(ServiceOnSqlite<TerritoriesDb> service)
    : ApiFuzz<TerritoriesDb>(service, "territories"),
        IClassFixture<ServiceOnSqlite<TerritoriesDb>>;

/// <summary>
/// Every call of the REST API of a service with values that the contract has no place for: it answers, in words, and no more than was
/// asked.
/// </summary>
public abstract partial class ApiFuzz<TEntry>(ServiceUnderTest<TEntry> service, string area)
    where TEntry : class
{
    private const int Requests = 700;
    private const int LargestRefusal = 12_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Of all of it, however busy the machine is.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(25);

    private readonly Fuzz _fuzz = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_is_sent_is_answered_in_words_and_briefly()
    {
        var calls = ContractFiles
            .All.SelectMany(file => file.Services)
            .Where(contract => contract.Area() == area)
            .SelectMany(contract => contract.Methods)
            .Where(call => call.HttpPath() is not null)
            .ToList();
        using var http = service.Http();
        http.Timeout = Patience;
        var tokens = Tokens();
        var statuses = new SortedDictionary<int, int>();
        var (started, total) = (TimeProvider.System.GetTimestamp(), Fuzz.Times(Requests));
        for (var sent = 0; sent < total && TimeProvider.System.GetElapsedTime(started) < Longest * Fuzz.Times(1); sent++)
        {
            var call = _fuzz.OneOf(calls);
            using var request = Request(call);
            (request.Version, request.VersionPolicy) = (http.DefaultRequestVersion, http.DefaultVersionPolicy);
            request.Headers.Authorization = _fuzz.OneOf(tokens) is { } token ? new AuthenticationHeaderValue("Bearer", token) : null;
            var asked = request.Content is null ? "" : Encoding.UTF8.GetString(await request.Content.ReadAsByteArrayAsync(Cancellation));
            using var answer = await http.SendAsync(request, Cancellation);
            var text = await answer.Content.ReadAsStringAsync(Cancellation);
            var told =
                $"seed {_fuzz.Seed}, request {sent}: {request.Method} {request.RequestUri} {asked[..Math.Min(asked.Length, 600)]}\n"
                + $"{(int)answer.StatusCode} {text[..Math.Min(text.Length, 600)]}";
            var status = (int)answer.StatusCode;
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
            Assert.True(status < 500, told);
            if (status >= 400)
            {
                Assert.True(answer.Content.Headers.ContentType?.MediaType == "application/problem+json", told);
                var problem = JsonNode.Parse(text)!;
                Assert.True((string?)problem["type"] == "about:blank" && (int?)problem["status"] == status, told);
                Assert.True(problem["reason"] is not null && ((string?)problem["detail"])?.Length > 0, told);
                Assert.False(
                    text.Contains("Exception", StringComparison.Ordinal) && !asked.Contains("Exception", StringComparison.Ordinal),
                    told
                );
                Assert.True(text.Length < LargestRefusal + (2 * asked.Length), told);
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", statuses.Select(status => $"{status.Key}: {status.Value}")));
        Assert.True(statuses.Keys.Any(status => status == 200), "nothing of it was ever right");
    }

    /// <summary>Nobody, somebody who writes for one territory, somebody who may do nearly everything.</summary>
    private List<string?> Tokens()
    {
        var key = service.Services.GetRequiredService<NodeKey>();
        return
        [
            null,
            Token(new Grant(Grant.Delegate, "29019", "AGENT")),
            Token(new Grant(Grant.Referent, "29019"), new Grant(Grant.Facilitator, "*"), new Grant(Grant.Steward, key.Node)),
            Token(new Grant(Grant.Referent, "29019"), new Grant(Grant.Facilitator, "*"), new Grant(Grant.Steward, key.Node)),
            "not.a.token",
        ];

        string Token(params Grant[] grants) => NodeToken.Issue(key, grants, TimeSpan.FromHours(1), TimeProvider.System);
    }

    private HttpRequestMessage Request(MethodDescriptor call)
    {
        var rule = call.GetOptions().GetExtension(AnnotationsExtensions.Http);
        // The web server itself refuses the character zero in a path.
        var path = Hole()
            .Replace(call.HttpPath()!, _ => Uri.EscapeDataString(_fuzz.Once(3) ? "29019" : Shortened(_fuzz.Text()).Replace('\0', '0')));
        var query = rule.Body == "*" ? [] : call.InputType.Fields.InDeclarationOrder().Where(_ => _fuzz.Once(3)).ToList();
        var parameters = query.SelectMany(field =>
            Enumerable.Range(0, _fuzz.Once(10) ? 40 : 1).Select(_ => $"{field.JsonName}={Uri.EscapeDataString(Shortened(InQuery(field)))}")
        );
        var request = new HttpRequestMessage(
            rule.PatternCase switch
            {
                HttpRule.PatternOneofCase.Get => HttpMethod.Get,
                HttpRule.PatternOneofCase.Put => HttpMethod.Put,
                HttpRule.PatternOneofCase.Post => HttpMethod.Post,
                HttpRule.PatternOneofCase.Patch => HttpMethod.Patch,
                _ => HttpMethod.Delete,
            },
            // As it stands, dots and all.
            new Uri(
                service.Address + path.TrimStart('/') + "?" + string.Join('&', parameters),
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            )
        );
        if (rule.Body.Length > 0)
        {
            var message = rule.Body == "*" ? call.InputType : call.InputType.FindFieldByName(rule.Body).MessageType;
            var json = Broken(_fuzz.Once(20) ? Value(null, 0) : Message(message, 0));
            request.Content = new ByteArrayContent(json);
            request.Content.Headers.TryAddWithoutValidation(
                "Content-Type",
                _fuzz.Once(30)
                    ? _fuzz.OneOf(["", "text/plain", "application/json; charset=bogus", "application/json;charset=utf-16"])
                    : "application/json"
            );
        }
        return request;
    }

    private string InQuery(FieldDescriptor field) =>
        field.FieldType == FieldType.Enum && _fuzz.Once(2) ? _fuzz.OneOf(field.EnumType.Values.ToList()).Name
        : field.FieldType == FieldType.Int32 && _fuzz.Once(2) ? $"{_fuzz.Random.Next(-2, 120)}"
        : _fuzz.Text();

    // Longer addresses are refused by the gateway.
    private static string Shortened(string text) => text.Length > 500 ? text[..500] : text;

    /// <summary>JSON of a message: half of it as the contract says.</summary>
    private string Message(MessageDescriptor message, int depth) =>
        depth > 6
            ? "{}"
            : "{"
                + string.Join(
                    ',',
                    message
                        .Fields.InDeclarationOrder()
                        .Where(_ => _fuzz.Once(2))
                        .Select(field =>
                            $"{JsonSerializer.Serialize(_fuzz.Once(50) ? _fuzz.Text() : field.JsonName)}:{Field(field, depth)}"
                        )
                )
                + "}";

    private string Field(FieldDescriptor field, int depth) =>
        _fuzz.Once(8) ? Value(field, depth)
        : field.IsRepeated
            ? $"[{string.Join(',', Enumerable.Range(0, _fuzz.OneOf([0, 1, 2, 3, 40, 700, 3_000])).Take(depth == 0 ? 3_000 : 4).Select(_ => Right(field, depth)))}]"
        : Right(field, depth);

    private string Right(FieldDescriptor field, int depth) =>
        field.FieldType switch
        {
            FieldType.Message => Message(field.MessageType, depth + 1),
            FieldType.Bool => _fuzz.OneOf(["true", "false"]),
            FieldType.Enum => $"\"{_fuzz.OneOf(field.EnumType.Values.ToList()).Name}\"",
            FieldType.Int32 or FieldType.Int64 or FieldType.Double => _fuzz.OneOf(["0", "1", "17", "-1", "2147483647", "1.5"]),
            _ => JsonSerializer.Serialize(_fuzz.Text()),
        };

    private string Value(FieldDescriptor? field, int depth) =>
        _fuzz.Random.Next(10) switch
        {
            0 => "null",
            1 => "{}",
            2 => "[]",
            3 => $"[{new string('[', 70)}{new string(']', 70)}]",
            4 => _fuzz.OneOf(["1e400", "-0", "1E-400", "99999999999999999999", "0.1", "true"]),
            5 => "\"\\ud800\"",
            6 => "{\"a\":{\"b\":[{}]}}",
            7 => $"[{string.Join(',', Enumerable.Repeat("1", _fuzz.Random.Next(5_000)))}]",
            8 when field?.FieldType == FieldType.Message => Message(field.MessageType, depth + 1),
            _ => JsonSerializer.Serialize(_fuzz.Text()),
        };

    /// <summary>Seldom, bytes that are no JSON any more.</summary>
    private byte[] Broken(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        if (_fuzz.Once(15) && bytes.Length > 2)
        {
            bytes[_fuzz.Random.Next(bytes.Length)] = (byte)_fuzz.Random.Next(256);
        }
        return _fuzz.Once(40) ? bytes[..(bytes.Length / 2)] : bytes;
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Hole();
}
