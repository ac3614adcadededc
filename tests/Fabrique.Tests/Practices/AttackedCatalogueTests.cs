using System.Net.Http.Headers;
using System.Text;
using Fabrique.Practices;
using Fabrique.Practices.V1;
using Fabrique.Records.V1;
using Grpc.Core;

namespace Fabrique.Tests;

/// <summary>What another town, and whoever sends what nobody can read, get from the catalogue: nothing.</summary>
public sealed class AttackedCatalogueTests(ServiceOnSqlite<PracticesDb> service) : IClassFixture<ServiceOnSqlite<PracticesDb>>
{
    private const string Town = "ZZ001";
    private const string Other = "ZZ002";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private PracticeService.PracticeServiceClient Practices => new(service.Channel);

    [Fact]
    public async Task What_a_town_has_not_shown_is_found_by_no_other_by_its_identifier_by_any_call()
    {
        const string title = "Brouillon que personne ne voit";
        var draft = (
            await Practices.CreatePracticeAsync(
                new()
                {
                    Practice = new Practice { Territory = Town, Title = title },
                },
                service.As(Town),
                cancellationToken: Cancellation
            )
        ).Practice;
        foreach (
            var headers in new Metadata?[]
            {
                null,
                service.As(Other),
                service.As(new Grant(Grant.Facilitator, Grant.Everywhere)),
                service.As(new Grant(Grant.Observer, Grant.Everywhere)),
                service.As(new Grant(Grant.Steward, "node")),
            }
        )
        {
            foreach (
                var ask in new Func<Task>[]
                {
                    () => Practices.GetPracticeAsync(new() { Id = draft.Id }, headers).ResponseAsync,
                    () => Practices.GetPracticeAsync(new() { Id = draft.Id, Version = 1 }, headers).ResponseAsync,
                    () => Practices.ListPracticeVersionsAsync(new() { Id = draft.Id }, headers).ResponseAsync,
                    () => Practices.ListPracticeCommentsAsync(new() { Id = draft.Id }, headers).ResponseAsync,
                    () => Practices.ListPracticeReportsAsync(new() { Territory = Town }, headers).ResponseAsync,
                    () => Practices.ListPracticesAsync(new() { Status = PracticeStatus.Draft, Territory = Town }, headers).ResponseAsync,
                    () => Practices.ListPracticesAsync(new() { Status = PracticeStatus.Draft }, headers).ResponseAsync,
                    () => Practices.ReportPracticeAsync(new() { Id = draft.Id, Text = "x" }, headers).ResponseAsync,
                    () => Practices.CommentPracticeAsync(new() { Id = draft.Id, Text = "x" }, headers).ResponseAsync,
                    async () =>
                    {
                        using var drafts = Practices.ExportPractices(new() { Status = PracticeStatus.Draft, Territory = Town }, headers);
                        await drafts.ResponseStream.MoveNext(Cancellation);
                    },
                }
            )
            {
                var refused = await Assert.ThrowsAsync<RpcException>(ask);
                Assert.True(
                    refused.StatusCode
                        is StatusCode.NotFound
                            or StatusCode.PermissionDenied
                            or StatusCode.Unauthenticated
                            or StatusCode.InvalidArgument,
                    refused.ToString()
                );
                Assert.DoesNotContain(title, refused.ToString(), StringComparison.Ordinal);
            }
        }
        using var feed = new FeedService.FeedServiceClient(service.Channel).Read(new(), cancellationToken: Cancellation);
        await foreach (var part in feed.ResponseStream.ReadAllAsync(Cancellation))
        {
            Assert.DoesNotContain(title, part.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(title)), part.ToString(), StringComparison.Ordinal);
        }
    }

    public static TheoryData<string, byte[], int> Malformed =>
        new(
            ("bytes that are no UTF-8", [.. "{\"territory\":\"ZZ001\",\"title\":\""u8, 0xFF, 0xC3, 0x28, .. "\"}"u8], 400),
            ("depth", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000))), 400),
            ("lists in lists", Encoding.ASCII.GetBytes($"{{\"title\":{new string('[', 50_000)}"), 400),
            ("half a letter", "{\"territory\":\"ZZ001\",\"title\":\"\\ud800\"}"u8.ToArray(), 200),
            ("a number too large", "{\"territory\":\"ZZ001\",\"title\":\"x\",\"means\":{\"staffFte\":1e999}}"u8.ToArray(), 400),
            ("less than nobody", "{\"territory\":\"ZZ001\",\"title\":\"x\",\"means\":{\"staffFte\":\"-Infinity\"}}"u8.ToArray(), 400),
            ("a name twice", "{\"territory\":\"ZZ001\",\"title\":\"x\",\"title\":\"y\"}"u8.ToArray(), 200),
            ("nothing", [], 400)
        );

    [Theory, MemberData(nameof(Malformed))]
    public async Task A_body_that_nobody_can_read_is_a_named_problem(string what, byte[] body, int worst)
    {
        Assert.NotEmpty(what);
        using var http = service.Http(service.Token(Town));
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var answer = await http.PostAsync("/api/v1/practices", content, Cancellation);
        Assert.InRange((int)answer.StatusCode, worst, 499);
        Assert.DoesNotContain("   at ", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_is_too_large_or_no_message_is_refused_by_name()
    {
        var large = await Assert.ThrowsAsync<RpcException>(() =>
            Practices
                .CreatePracticeAsync(
                    new()
                    {
                        Practice = new Practice { Territory = Town, Title = new string('x', 2 << 20) },
                    },
                    service.As(Town)
                )
                .ResponseAsync
        );
        Assert.True(large.StatusCode is StatusCode.ResourceExhausted or StatusCode.Unknown, large.ToString());
        var bytes = Marshallers.Create<byte[]>(sent => sent, received => received);
        var call = new Method<byte[], byte[]>(MethodType.Unary, "fabrique.practices.v1.PracticeService", "CreatePractice", bytes, bytes);
        var garbled = await Assert.ThrowsAsync<RpcException>(() =>
            service
                .Channel.CreateCallInvoker()
                .AsyncUnaryCall(call, null, new CallOptions(service.As(Town)), [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1])
                .ResponseAsync
        );
        Assert.DoesNotContain("   at ", garbled.Status.Detail, StringComparison.Ordinal);
        using var http = service.Http();
        Assert.InRange((int)(await http.GetAsync("/api/v1/practices?query=%FF%FE%00", Cancellation)).StatusCode, 200, 499);
    }
}
