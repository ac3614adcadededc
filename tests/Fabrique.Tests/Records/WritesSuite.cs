using CsCheck;
using Fabrique.Practices.V1;
using Fabrique.Records;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Tests;

public sealed class WritesOnSqliteTests : WritesSuite
{
    protected override Task<RecordsNode> StartAsync() => RecordsNode.StartAsync();
}

public sealed class WritesOnPostgreSqlTests(PostgreSqlServer server) : WritesSuite
{
    protected override async Task<RecordsNode> StartAsync() => await RecordsNode.StartAsync(database: await server.StartForAsync("writes"));
}

/// <summary>What the desk of writes promises for every kind: the order of its questions, creating once, deleting for good.</summary>
public abstract class WritesSuite
{
    private const string Town = "62528";
    private const string Method = "fabrique.practices.v1.PracticeService/PublishPractice";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static WritingCall Ours => new(Method, new Grant(Grant.Delegate, Town));

    protected abstract Task<RecordsNode> StartAsync();

    [Fact]
    public async Task Whatever_is_wrong_the_first_question_of_the_desk_is_the_one_that_refuses()
    {
        await using var node = await StartAsync();
        var at = 0;
        await Gen
            .Bool.Array[6]
            .SampleAsync(
                async wrong =>
                {
                    var id = $"{++at}";
                    await MembershipAsync(node, wrong[5] ? MembershipStatus.Asleep : MembershipStatus.Active);
                    await node.Records.BindHomeAsync(Town, "practices", node.Key.Node, Cancellation);
                    if (!wrong[0])
                    {
                        await CreateAsync(node, id);
                    }
                    await node.Records.BindHomeAsync(Town, "practices", wrong[4] ? "n0000000000000000" : node.Key.Node, Cancellation);
                    var before = await StateAsync(node);
                    var verb = new Verb<TestDb, Practice>("published", practice =>
                        wrong[3] ? throw Refusal.Invalid("title", $"no") : Published(practice)
                    )
                    {
                        Version = wrong[2] ? 7 : 1,
                    };
                    var told = 0;
                    var refusal = await ReasonAsync(() =>
                        node.Writes.ChangeAsync(
                            TestKind.Practice,
                            id,
                            verb with
                            {
                                Beside = (_, _, _) => Task.FromResult(++told),
                            },
                            wrong[1] ? new WritingCall(Method, new Grant(Grant.Delegate, "29019")) : Ours
                        )
                    );

                    string[] reasons =
                    [
                        "NOT_FOUND",
                        "NOT_YOUR_TERRITORY",
                        "STALE_VERSION",
                        "INVALID_FIELDS",
                        "NOT_HOME",
                        "MEMBERSHIP_ASLEEP",
                    ];
                    var first = Array.IndexOf(wrong, true);
                    Assert.Equal(first < 0 ? "" : reasons[first], refusal);
                    Assert.Equal(first < 0 ? 1 : 0, told);
                    Assert.Equal(first >= 0, before == await StateAsync(node));
                },
                iter: 40,
                threads: 1
            );
    }

    [Fact]
    public async Task Who_saw_an_older_version_is_told_the_current_one()
    {
        await using var node = await StartAsync();
        await MembershipAsync(node, MembershipStatus.Active);
        await CreateAsync(node, "a");
        await ChangeAsync(node, "a", 1, Published);
        var refusal = await Assert.ThrowsAsync<Refusal>(() => ChangeAsync(node, "a", 1, practice => Titled(practice, "late")));
        Assert.Equal(("STALE_VERSION", "2"), (refusal.Reason, refusal.Details["currentVersion"]));
        // Who does not mind, and who changes nothing.
        Assert.Equal(3, (await ChangeAsync(node, "a", 0, practice => Titled(practice, "late"))).Info.Version);
        Assert.Equal(3, (await ChangeAsync(node, "a", 3, _ => null)).Info.Version);
    }

    [Fact]
    public async Task Nobody_learns_without_a_token_what_is_there()
    {
        await using var node = await StartAsync();
        await CreateAsync(node, "a");
        foreach (var id in new[] { "a", "nowhere" })
        {
            Assert.Equal(
                "TOKEN_REQUIRED",
                await ReasonAsync(() => node.Writes.ChangeAsync(TestKind.Practice, id, 0, "published", Published, new WritingCall(Method)))
            );
        }
    }

    [Fact]
    public async Task What_others_see_already_is_changed_while_the_membership_sleeps()
    {
        await using var node = await StartAsync();
        await MembershipAsync(node, MembershipStatus.Active);
        await CreateAsync(node, "a");
        await ChangeAsync(node, "a", 0, Published);
        await MembershipAsync(node, MembershipStatus.Asleep);
        Assert.Equal("corrected", (await ChangeAsync(node, "a", 0, practice => Titled(practice, "corrected"))).Body.Title);
    }

    [Fact]
    public async Task The_same_request_twice_writes_once_and_its_identifier_serves_nobody_else()
    {
        await using var node = await StartAsync();
        var request = "0199fd8e-0000-7000-8000-000000000001";
        var both = await Task.WhenAll(Create("one"), Create("two"));
        Assert.Single(both.Select(written => written.Body.Title).Distinct());
        Assert.All(both, written => Assert.Equal((request, 1), (written.Body.Id, written.Info.Version)));

        Assert.Equal("REQUEST_ID_USED", await ReasonAsync(() => Create("other", "29019")));
        Assert.Equal("INVALID_FIELDS", await ReasonAsync(() => CreateAsync(node, "no UUID", Town, "x")));
        Assert.True(await node.Writes.DeleteAsync(TestKind.Practice, request, Ours));
        Assert.Equal("REQUEST_ID_USED", await ReasonAsync(() => Create("again")));

        Task<Versioned<Practice>> Create(string title, string territory = Town) => CreateAsync(node, request, territory, title);
    }

    [Fact]
    public async Task A_rule_reads_in_its_transaction_so_nothing_comes_between()
    {
        await using var node = await StartAsync();
        // Ten write at once, where a rule allows three: it counts what is there, in the index, and in another record.
        var results = await Task.WhenAll(
            Enumerable
                .Range(0, 10)
                .Select(at =>
                    ReasonAsync(() =>
                        node.Writes.CreateAsync(
                            TestKind.Practice,
                            "",
                            Town,
                            "drafted",
                            async (id, writing) =>
                            {
                                var count = await writing.Db.Items.CountAsync(Cancellation);
                                await node.LookAsync(db => db.Items.CountAsync(Cancellation));
                                Assert.Null(await writing.FindAsync<Practice>("nothing", Cancellation));
                                return count < 3 ? Draft(id, Town, $"{at}") : throw Refusal.Invalid("title", $"no");
                            },
                            Ours
                        )
                    )
                )
        );
        Assert.Equal(3, results.Count(reason => reason.Length == 0));
        Assert.Equal(3, (await node.RowsAsync()).Count);
    }

    [Fact]
    public async Task What_is_erased_is_gone_at_home_and_wherever_it_was_seen()
    {
        await using var home = await StartAsync();
        await using var follower = await StartAsync();
        await MembershipAsync(home, MembershipStatus.Active);
        await follower.Records.TrustAsync(home.Key.Node, home.Key.KeyId, home.Key.PublicKey(), Cancellation);
        await follower.Records.BindHomeAsync(Town, "practices", home.Key.Node, Cancellation);
        await CreateAsync(home, "a", title: "a secret");
        await ChangeAsync(home, "a", 0, Published);
        await ChangeAsync(home, "a", 0, practice => Titled(practice, "another secret"));
        var seen = await FeedAsync(home);
        await follower.IngestAsync(seen);
        Assert.Equal(["another secret"], await follower.TitlesAsync());

        Assert.Equal(
            "NOT_YOUR_TERRITORY",
            await ReasonAsync(() =>
                home.Writes.DeleteAsync(TestKind.Practice, "a", new WritingCall(Method, new Grant(Grant.Delegate, "29019")))
            )
        );
        Assert.Equal("NOT_FOUND", await ReasonAsync(() => home.Writes.DeleteAsync(TestKind.Practice, "a", Ours, _ => false)));
        Assert.True(await home.Writes.DeleteAsync(TestKind.Practice, "a", Ours));
        Assert.False(await home.Writes.DeleteAsync(TestKind.Practice, "a", Ours));
        Assert.False(await home.Writes.DeleteAsync(TestKind.Practice, "nothing", Ours));
        await NowhereAsync(home);

        // The feed tells it to those who saw it, again and again and after what came before.
        var told = await FeedAsync(home);
        var tombstone = Envelope.Open(told.Single(), home.Registry);
        Assert.Equal((true, "deleted", 4L, 0), (tombstone.Deleted, tombstone.Change, tombstone.Version, tombstone.Body.Length));
        await follower.IngestAsync([.. told, .. seen, .. told]);
        await NowhereAsync(follower);
        Assert.Empty(await follower.QuarantineAsync());

        await home.Records.RebuildIndexAsync(Cancellation);
        await home.IndexedAsync();
        Assert.Empty(await home.TitlesAsync());

        static async Task NowhereAsync(RecordsNode node)
        {
            Assert.Null(await node.Records.FindAsync<Practice>("a", Cancellation));
            Assert.Empty(await node.Records.HistoryAsync<Practice>("a", long.MaxValue, 10, Cancellation));
            Assert.Empty(await node.TitlesAsync());
            var kept = (await node.RowsAsync()).Where(row => row.Id == "a").SelectMany(row => new[] { row.Envelope, row.Tombstone });
            Assert.All(kept.OfType<byte[]>(), bytes =>
                Assert.DoesNotContain("secret", System.Text.Encoding.UTF8.GetString(bytes), StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public async Task Whatever_is_written_shown_hidden_and_erased_followers_converge_and_nobody_is_told_what_it_never_saw()
    {
        await using var home = await StartAsync();
        await using var follower = await StartAsync();
        await MembershipAsync(home, MembershipStatus.Active);
        await follower.Records.TrustAsync(home.Key.Node, home.Key.KeyId, home.Key.PublicKey(), Cancellation);
        await follower.Records.BindHomeAsync(Town, "practices", home.Key.Node, Cancellation);
        var at = 0;
        // The last stands for erasing.
        PracticeStatus[] steps = [PracticeStatus.Draft, PracticeStatus.PeerReview, PracticeStatus.Published, PracticeStatus.Unspecified];
        await Gen.Int[0, 3]
            .Select(at => steps[at])
            .Array[1, 7]
            .SampleAsync(
                async taken =>
                {
                    var id = $"p{++at}";
                    var (shown, history) = (false, new List<byte[]>());
                    foreach (var status in taken)
                    {
                        if (status == PracticeStatus.Unspecified)
                        {
                            await home.Writes.DeleteAsync(TestKind.Practice, id, Ours);
                        }
                        else
                        {
                            var verb = new Verb<TestDb, Practice>("written", _ =>
                                ValueTask.FromResult<Practice?>(new(Draft(id, Town, "t")) { Status = status })
                            )
                            {
                                Creates = true,
                                For = Town,
                            };
                            await home.Writes.ChangeAsync(TestKind.Practice, id, verb, Ours);
                            shown |= status is PracticeStatus.PeerReview or PracticeStatus.Published;
                        }
                        history.AddRange((await RowAsync(home, id))?.For(Visibility.Network) is { } envelope ? [envelope] : []);
                    }
                    var row = await RowAsync(home, id);
                    Assert.Equal(shown, history.Count > 0);
                    Assert.Equal(shown, row?.For(Visibility.Network) is not null);

                    history.Reverse();
                    await follower.IngestAsync([.. history, .. history.Take(1)]);
                    var (here, there) = (
                        await home.Records.FindAsync<Practice>(id, Cancellation),
                        await follower.Records.FindAsync<Practice>(id, Cancellation)
                    );
                    var isSeen = here?.Info.Visibility >= Visibility.Network;
                    Assert.Equal(isSeen ? here!.Body : null, there?.Body);
                },
                iter: 40,
                threads: 1
            );

        static Task<RecordRow?> RowAsync(RecordsNode node, string id) =>
            node.LookAsync(db => db.Records.AsNoTracking().SingleOrDefaultAsync(row => row.Id == id));
    }

    private static Practice Draft(string id, string territory, string title) =>
        new()
        {
            Id = id,
            Territory = territory,
            Title = title,
            Status = PracticeStatus.Draft,
        };

    private static Practice Published(Practice practice) => new(practice) { Status = PracticeStatus.Published };

    private static Practice Titled(Practice practice, string title) => new(practice) { Title = title };

    private static Task<Versioned<Practice>> CreateAsync(RecordsNode node, string request, string territory, string title) =>
        node.Writes.CreateAsync(
            TestKind.Practice,
            request,
            territory,
            "drafted",
            (id, _) => ValueTask.FromResult(Draft(id, territory, title)),
            new WritingCall(Method, new Grant(Grant.Delegate, territory))
        );

    /// <summary>A draft with an identifier of the test's own.</summary>
    private static Task<Versioned<Practice>> CreateAsync(RecordsNode node, string id, string title = "draft") =>
        node.Records.WriteAsync<Practice>(id, _ => TestKind.Practice.Change("drafted", Draft(id, Town, title)), Cancellation);

    private static Task<Versioned<Practice>> ChangeAsync(RecordsNode node, string id, long version, Func<Practice, Practice?> rule) =>
        node.Writes.ChangeAsync(TestKind.Practice, id, version, "changed", rule, Ours);

    /// <summary>The membership of the town, as if it had reached the service.</summary>
    private static Task<Versioned<Membership>> MembershipAsync(RecordsNode node, MembershipStatus status) =>
        node.Records.WriteAsync<Membership>(
            Town,
            _ => new("written", Town, new() { Territory = Town, Status = status }, Visibility.Public),
            Cancellation
        );

    private static async Task<string> ReasonAsync(Func<Task> write)
    {
        try
        {
            await write();
            return "";
        }
        catch (Refusal refusal)
        {
            return refusal.Reason;
        }
    }

    private static async Task<byte[][]> FeedAsync(RecordsNode node) =>
        [
            .. (await node.RowsAsync())
                .Where(row => row.Kind == TestKind.Practice.Name)
                .Select(row => row.For(Visibility.Public))
                .OfType<byte[]>(),
        ];

    private static Task<string> StateAsync(RecordsNode node) =>
        node.LookAsync(async db =>
            string.Join(' ', await db.Records.OrderBy(row => row.Sequence).Select(row => row.Sequence).ToListAsync())
            + string.Join(' ', await db.Notices.Select(notice => notice.Id).ToListAsync())
        );
}
